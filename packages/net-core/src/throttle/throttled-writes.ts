import { UsageError } from '@lamella/service-core';
import type { ByteSink, ByteStream, CloseInfo, Pausable, ReadOptions } from '../bytes/byte-stream.ts';
import { quietRejection, quietResolvers } from '../bytes/quiet.ts';
import { toStreamError } from '../errors.ts';
import type { BandwidthBudget } from './bandwidth-budget.ts';
import { Payment } from './payment.ts';

/**
 * A stream whose bytes go no faster than budgets allow.
 *
 * @remarks
 * Chunks go in slices as they are paid for; what `write` gives is waited for until all of them have gone. A writer that waits has no more
 * than its own chunks here.
 */
export class ThrottledWrites implements ByteStream {
  readonly consume?: (sink: ByteSink) => Pausable;
  readonly #inner: ByteStream;
  readonly #payment: Payment;
  readonly #queue: Uint8Array[] = [];
  #drained: PromiseWithResolvers<void> | undefined;
  #isSending = false;
  #hasEnd = false;

  constructor(inner: ByteStream, budgets: readonly BandwidthBudget[]) {
    this.#inner = inner;
    this.#payment = new Payment(budgets);
    const consume = inner.consume?.bind(inner);
    if (consume !== undefined) this.consume = consume;
    void inner.closed.then((info) => {
      this.#payment.callOff();
      this.#fail(toStreamError(info));
    });
  }

  get closed(): Promise<CloseInfo> {
    return this.#inner.closed;
  }

  read(options?: ReadOptions): Promise<Uint8Array | undefined> {
    return this.#inner.read(options);
  }

  unread(chunk: Uint8Array): void {
    this.#inner.unread(chunk);
  }

  write(chunks: readonly Uint8Array[]): Promise<void> | undefined {
    if (!this.#isSending && (chunks.length === 0 || this.#hasEnd || this.#payment.isOff)) {
      return this.#inner.write(chunks); // knows best what is wrong
    }
    if (this.#hasEnd) return quietRejection(new UsageError('cannot write: closeWrite was called'));
    for (const chunk of chunks) if (chunk.length > 0) this.#queue.push(chunk);
    if (!this.#isSending) void this.#send();
    if (!this.#isSending) return undefined;
    this.#drained ??= quietResolvers();
    return this.#drained.promise;
  }

  async closeWrite(): Promise<void> {
    this.#hasEnd = true;
    if (this.#isSending) {
      this.#drained ??= quietResolvers();
      await this.#drained.promise.catch(() => {}); // the stream is gone, and says so itself
    }
    return this.#inner.closeWrite();
  }

  destroy(reason?: unknown): void {
    this.#inner.destroy(reason);
  }

  /** Sends all that there is; until the first wait at once. */
  async #send(): Promise<void> {
    this.#isSending = true;
    try {
      for (let slice = this.#nextSlice(); slice !== undefined; slice = this.#nextSlice()) {
        const paying = this.#payment.pay(slice.length);
        if (paying !== undefined) await paying;
        if (this.#payment.isOff) break;
        const room = this.#inner.write([slice]);
        if (room !== undefined) await room;
      }
      this.#isSending = false;
      this.#drained?.resolve();
      this.#drained = undefined;
    } catch (error) {
      this.#isSending = false;
      this.#fail(error);
    }
  }

  /** Takes what can be paid at a time off the front of the queue. */
  #nextSlice(): Uint8Array | undefined {
    const chunk = this.#queue[0];
    const { chunkBytes } = this.#payment;
    if (chunk === undefined || chunk.length <= chunkBytes) return this.#queue.shift();
    this.#queue[0] = chunk.subarray(chunkBytes);
    return chunk.subarray(0, chunkBytes);
  }

  #fail(error: unknown): void {
    this.#queue.length = 0;
    this.#drained?.reject(error);
    this.#drained = undefined;
  }
}
