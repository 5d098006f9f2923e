import type { ByteSink, ByteStream, CloseInfo, Pausable, ReadOptions } from '@lamella/net-core';

/** What happens to a stream, and after which byte. */
export interface Fault {
  /**
   * `reset`: broken off. `close`: closed both ways. `half-close`: nothing more is sent. `stall`: nothing more comes through in this
   * direction, and nobody is told.
   */
  readonly type: 'reset' | 'close' | 'half-close' | 'stall';
  /** Which bytes count: those that come in, or those that go out. */
  readonly direction: 'in' | 'out';
  /** How many of them pass. */
  readonly atByte: number;
}

/** The reason of every reset. */
export const BROKEN_OFF: Error = new Error('the test broke the connection off');

/** A stream whose owner breaks it off at one exact byte; what passed before is whole. */
export function faultyStream(inner: ByteStream, fault: Fault): ByteStream {
  return new FaultyStream(inner, fault);
}

class FaultyStream implements ByteStream {
  readonly #inner: ByteStream;
  readonly #fault: Fault;
  #left: number;
  #hasHappened = false;

  constructor(inner: ByteStream, fault: Fault) {
    this.#inner = inner;
    this.#fault = fault;
    this.#left = fault.atByte;
    if (fault.atByte === 0) this.#happen();
  }

  get closed(): Promise<CloseInfo> {
    return this.#inner.closed;
  }

  async read(options?: ReadOptions): Promise<Uint8Array | undefined> {
    if (this.#fault.direction === 'out' || this.#hasHappened) {
      if (this.#fault.direction === 'in' && this.#fault.type === 'stall') await this.closed;
      return this.#inner.read(options);
    }
    const maxBytes = Math.min(options?.maxBytes ?? this.#left, this.#left);
    const chunk = await this.#inner.read({ ...options, maxBytes });
    if (chunk !== undefined) this.#count(chunk.length);
    return chunk;
  }

  consume(sink: ByteSink): Pausable {
    const inner = this.#inner.consume;
    if (inner === undefined) throw new Error('the stream has no push path');
    return inner.call(this.#inner, {
      onBytes: (chunk) => {
        if (this.#fault.direction === 'out' || this.#hasHappened || chunk.length < this.#left) {
          if (this.#fault.direction === 'in') this.#left -= chunk.length;
          return sink.onBytes(chunk);
        }
        const before = chunk.slice(0, this.#left);
        const after = chunk.slice(this.#left);
        sink.onBytes(before);
        this.#happen();
        if (this.#fault.type === 'half-close' && after.length > 0) sink.onBytes(after);
        return undefined;
      },
      onEnd: () => sink.onEnd(),
    });
  }

  unread(chunk: Uint8Array): void {
    this.#inner.unread(chunk);
  }

  write(chunks: readonly Uint8Array[]): Promise<void> | undefined {
    const { type, direction } = this.#fault;
    if (direction === 'in' && type === 'stall') return this.#inner.write(chunks);
    // Bytes behind a half-close are swallowed, as by a peer that has gone silent.
    if (this.#hasHappened) return type === 'half-close' || type === 'stall' ? undefined : this.#inner.write(chunks);
    if (direction === 'in') return this.#inner.write(chunks);
    const bytes = Buffer.concat(chunks);
    const passing = bytes.subarray(0, this.#left);
    const room = this.#inner.write([passing]);
    this.#count(passing.length);
    return this.#hasHappened ? undefined : room;
  }

  async closeWrite(): Promise<void> {
    await this.#inner.closeWrite();
  }

  destroy(reason?: unknown): void {
    this.#inner.destroy(reason);
  }

  #count(byteCount: number): void {
    this.#left -= byteCount;
    if (this.#left === 0) this.#happen();
  }

  #happen(): void {
    if (this.#hasHappened) return;
    this.#hasHappened = true;
    const { type } = this.#fault;
    if (type === 'half-close') void this.#inner.closeWrite();
    else if (type !== 'stall') this.#inner.destroy(type === 'reset' ? BROKEN_OFF : undefined);
  }
}
