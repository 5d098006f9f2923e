import type { BodySource } from '../../message/body-source.ts';
import type { HttpHeaders } from '../../message/http-headers.ts';

/** A body whose bytes are pushed by somebody who can be told to hold on. */
export class PushedBody implements BodySource {
  readonly #resume: () => void;
  readonly #abort: (reason: unknown) => void;
  readonly #chunks: Uint8Array[] = [];
  #waiter: PromiseWithResolvers<Uint8Array | undefined> | undefined;
  #end: { readonly error?: unknown; readonly isFailure: boolean } | undefined;
  #trailers: HttpHeaders | undefined;
  #onOver: (() => void) | undefined;

  /**
   * @param resume - Called when there is room again.
   * @param abort - Called when nobody wants the rest.
   */
  constructor(resume: () => void, abort: (reason: unknown) => void) {
    this.#resume = resume;
    this.#abort = abort;
  }

  get trailers(): HttpHeaders | undefined {
    return this.#trailers;
  }

  /** @returns Whether there is room for more. */
  push(chunk: Uint8Array): boolean {
    if (this.#end !== undefined || chunk.length === 0) return true;
    const waiter = this.#waiter;
    this.#waiter = undefined;
    if (waiter === undefined) this.#chunks.push(chunk);
    else waiter.resolve(chunk);
    return waiter !== undefined;
  }

  end(trailers: HttpHeaders): void {
    if (this.#end !== undefined) return;
    this.#end = { isFailure: false };
    this.#trailers = trailers.size > 0 ? trailers : undefined;
    this.#waiter?.resolve(undefined);
    this.#onOver?.();
  }

  fail(error: unknown): void {
    if (this.#end !== undefined) return;
    this.#end = { error, isFailure: true };
    this.#waiter?.reject(error);
    this.#onOver?.();
  }

  onOver(listener: () => void): void {
    if (this.#end === undefined) this.#onOver = listener;
    else listener();
  }

  read(): Promise<Uint8Array | undefined> {
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) return Promise.resolve(chunk);
    if (this.#end !== undefined) {
      return this.#end.isFailure ? Promise.reject(this.#end.error) : Promise.resolve(undefined);
    }
    const waiter = Promise.withResolvers<Uint8Array | undefined>();
    this.#waiter = waiter;
    this.#resume(); // may push at once
    return waiter.promise;
  }

  cancel(reason: unknown): void {
    this.#chunks.length = 0;
    if (this.#end !== undefined) return;
    this.fail(reason);
    this.#abort(reason);
  }
}
