import type { BodyOutcome, BodySource, HttpHeaders } from '@lamella/http';
import { HttpBody } from '@lamella/http';
import type { Context } from '@opentelemetry/api';
import { context } from '@opentelemetry/api';

/** What a {@link tracedBody} does beside giving its bytes. */
export interface BodyTracing {
  /** Context that its bytes are made in, as far as the registered context manager goes: a generator runs where it is pulled. Default: any. */
  readonly context?: Context;
  /**
   * Whether the end is told also if nobody reads the body: when all of it is here, or its connection is gone. Then up to 64 KiB that are
   * here are taken over, to see how it ends. Default false.
   */
  readonly endsUnread?: boolean;
  /** Called when the body keeps nothing busy any more, before {@link onEnd} or with it. Must not throw. */
  readonly onOver?: () => void;
  /** Called once; must not throw. */
  readonly onEnd: (outcome: BodyOutcome, error: unknown, bytes: number) => void;
}

/** Makes a body that gives the same, and tells of its end. */
export function tracedBody(body: HttpBody, tracing: BodyTracing): HttpBody {
  const { size } = body;
  const hasTrailers = size !== undefined && body.sizeOnWire === undefined;
  return HttpBody.fromSource(new TracedSource(body, tracing), {
    ...(size === undefined ? {} : { size }),
    ...(hasTrailers ? { trailers: () => body.trailers } : {}),
  });
}

class TracedSource implements BodySource {
  readonly #body: HttpBody;
  readonly #tracing: BodyTracing;
  #bytes = 0;
  #isOver = false;
  #isReading = false;
  #isAllHere = false;
  /** What was read though nobody had asked for it. */
  readonly #ahead: Uint8Array[] = [];
  #aheadDone: Promise<void> | undefined;

  constructor(body: HttpBody, tracing: BodyTracing) {
    this.#body = body;
    this.#tracing = tracing;
    if (tracing.endsUnread === true) body.onOver(() => this.#onAllHere());
  }

  get trailers(): HttpHeaders | undefined {
    return this.#body.trailers;
  }

  async read(): Promise<Uint8Array | undefined> {
    if (this.#aheadDone !== undefined) {
      await this.#aheadDone;
      const chunk = this.#ahead.shift();
      if (chunk !== undefined) return chunk;
    }
    this.#isReading = true;
    try {
      return await this.#pull();
    } finally {
      this.#isReading = false;
      if (this.#isAllHere) this.#readAheadSoon();
    }
  }

  cancel(reason: unknown): void {
    this.#end('cancelled', reason);
    this.#body.cancel(reason);
  }

  endEarly(reason: unknown): boolean {
    return this.#body.endEarly(reason);
  }

  onOver(listener: () => void): void {
    this.#body.onOver(listener);
  }

  async #pull(): Promise<Uint8Array | undefined> {
    const { context: active } = this.#tracing;
    try {
      const chunk = await (active === undefined ? this.#body.read() : context.with(active, () => this.#body.read()));
      if (chunk === undefined) this.#end('complete', undefined);
      else this.#bytes += chunk.length;
      return chunk;
    } catch (error) {
      this.#end('failed', error);
      this.#body.cancel(error);
      throw error;
    }
  }

  #onAllHere(): void {
    this.#isAllHere = true;
    if (this.#isOver) return;
    this.#tracing.onOver?.();
    this.#readAheadSoon();
  }

  /** Not now: whoever tells that all is here is in the middle of it, and a reader may come in this very turn. */
  #readAheadSoon(): void {
    queueMicrotask(() => {
      if (!this.#isOver && !this.#isReading) this.#aheadDone ??= this.#readAhead();
    });
  }

  /** What goes wrong here comes again when somebody reads. */
  async #readAhead(): Promise<void> {
    const startBytes = this.#bytes;
    try {
      while (this.#bytes - startBytes < MAX_AHEAD_BYTES) {
        const chunk = await this.#pull();
        if (chunk === undefined) return;
        this.#ahead.push(chunk);
      }
      this.#end('complete', undefined);
    } catch {
      // told already
    }
  }

  #end(outcome: BodyOutcome, error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#tracing.onEnd(outcome, error, this.#bytes);
  }
}

/** What is read of a body that nobody has asked for; it is in memory already, but a layer below may inflate it. */
const MAX_AHEAD_BYTES = 65_536;
