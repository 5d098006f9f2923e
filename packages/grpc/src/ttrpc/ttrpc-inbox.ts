import type { TtrpcLink } from './ttrpc-link.ts';

/** Messages of a call that came, until somebody takes them. One reader. */
export class TtrpcInbox implements AsyncIterableIterator<Uint8Array> {
  readonly #link: Pick<TtrpcLink, 'hold'>;
  readonly #waiting: Uint8Array[] = [];
  /** Of these, those at the front that were taken already. */
  #taken = 0;
  #end: { readonly error?: unknown } | undefined;
  #taker: PromiseWithResolvers<IteratorResult<Uint8Array, undefined>> | undefined;

  constructor(link: Pick<TtrpcLink, 'hold'>) {
    this.#link = link;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Whether nothing more can come. */
  get isClosed(): boolean {
    return this.#end !== undefined;
  }

  push(bytes: Uint8Array): void {
    if (this.#end !== undefined) return;
    if (this.#taker !== undefined) {
      this.#taker.resolve({ done: false, value: bytes });
      this.#taker = undefined;
      return;
    }
    // A few bytes must not keep the whole chunk that they came in: a copy, which `slice` of a Buffer makes none of.
    this.#waiting.push(new Uint8Array(bytes));
    this.#link.hold(weightOf(bytes));
  }

  /** All messages are here. */
  end(): void {
    this.#close({});
  }

  /** All messages are here, and behind them is an error. */
  endWith(error: unknown): void {
    this.#close({ error });
  }

  /** Nobody wants what is here, and readers get `error`. */
  fail(error: unknown): void {
    this.#drop();
    if (this.#end !== undefined && 'error' in this.#end) return;
    this.#end = undefined;
    this.#close({ error });
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const bytes = this.#take();
    if (bytes !== undefined) {
      this.#link.hold(-weightOf(bytes));
      return { done: false, value: bytes };
    }
    if (this.#end === undefined) {
      this.#taker = Promise.withResolvers();
      return this.#taker.promise;
    }
    if ('error' in this.#end) throw this.#end.error;
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#drop();
    this.end();
    return { done: true, value: undefined };
  }

  #close(end: { readonly error?: unknown }): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    const taker = this.#taker;
    this.#taker = undefined;
    if ('error' in end) taker?.reject(end.error);
    else taker?.resolve({ done: true, value: undefined });
  }

  /** Not by `shift`, which moves all that is behind: of many small messages that would take seconds. */
  #take(): Uint8Array | undefined {
    const bytes = this.#waiting[this.#taken];
    if (bytes === undefined) return undefined;
    this.#waiting[this.#taken++] = NOTHING;
    if (this.#taken * 2 > this.#waiting.length) {
      this.#waiting.splice(0, this.#taken);
      this.#taken = 0;
    }
    return bytes;
  }

  #drop(): void {
    const rest = this.#waiting.splice(this.#taken);
    this.#waiting.length = 0;
    this.#taken = 0;
    for (const bytes of rest) this.#link.hold(-weightOf(bytes));
  }
}

const NOTHING = new Uint8Array(0);

/** Even an empty message takes memory. */
function weightOf(bytes: Uint8Array): number {
  return bytes.length + 128;
}
