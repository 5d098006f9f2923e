import type { ByteSink, ByteStream, CloseInfo, Pausable, ReadOptions } from '../bytes/byte-stream.ts';
import { ReadSide } from '../bytes/read-side.ts';
import type { BandwidthBudget } from './bandwidth-budget.ts';
import { Payment } from './payment.ts';

/**
 * A stream whose bytes come no faster than budgets allow.
 *
 * @remarks
 * Reads first and pays then, so a stream on which nothing comes holds nothing of a shared budget. The one chunk that is being paid for is
 * all that waits here; the peer feels the rest as backpressure.
 */
export class ThrottledReads implements ByteStream {
  readonly writeLent?: (chunk: Uint8Array) => boolean;
  readonly writeLatin1?: (text: string) => Promise<void> | undefined;
  readonly #inner: ByteStream;
  readonly #payment: Payment;
  readonly #side: ReadSide;
  #isFlowing = false;
  #isPulling = false;

  constructor(inner: ByteStream, budgets: readonly BandwidthBudget[]) {
    this.#inner = inner;
    this.#payment = new Payment(budgets);
    this.#side = new ReadSide({
      resume: () => {
        this.#isFlowing = true;
        if (!this.#isPulling) void this.#pull();
      },
      pause: () => {
        this.#isFlowing = false;
      },
    });
    if (inner.writeLent !== undefined) this.writeLent = (chunk) => inner.writeLent?.(chunk) ?? false;
    if (inner.writeLatin1 !== undefined) this.writeLatin1 = (text) => inner.writeLatin1?.(text);
    void inner.closed.then((info) => {
      // Bytes that came before any other end are still delivered, and then the end is found by reading.
      if (info.reason === 'shutdown') this.#die(info);
    });
  }

  get closed(): Promise<CloseInfo> {
    return this.#inner.closed;
  }

  read(options?: ReadOptions): Promise<Uint8Array | undefined> {
    return this.#side.read(options);
  }

  consume(sink: ByteSink): Pausable {
    return this.#side.consume(sink);
  }

  unread(chunk: Uint8Array): void {
    this.#side.unread(chunk); // it has been paid for
  }

  write(chunks: readonly Uint8Array[]): Promise<void> | undefined {
    return this.#inner.write(chunks);
  }

  closeWrite(): Promise<void> {
    return this.#inner.closeWrite();
  }

  destroy(reason?: unknown): void {
    this.#inner.destroy(reason);
  }

  async #pull(): Promise<void> {
    this.#isPulling = true;
    try {
      while (this.#isFlowing) {
        const chunk = await this.#inner.read({ maxBytes: this.#payment.chunkBytes });
        if (chunk === undefined) return this.#side.end();
        await this.#payment.pay(chunk.length);
        if (this.#payment.isOff) return;
        this.#side.push(chunk, true);
      }
    } catch (error) {
      this.#inner.destroy(error); // gone already, unless somebody else reads from it
      this.#die(await this.#inner.closed);
    } finally {
      this.#isPulling = false;
    }
  }

  #die(info: CloseInfo): void {
    this.#payment.callOff();
    this.#side.fail(info);
  }
}
