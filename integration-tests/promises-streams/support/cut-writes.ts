import type { ByteStream } from '@lamella/net-core';
import { settle } from '@lamella/service-core/testing';

/** Cuts all that one program writes on each of its streams in two, at one byte: what follows comes when the first part was taken. */
export class CutWrites {
  /** The program whose writes are cut. */
  who = '';
  /** Bytes in front of the cut. */
  atByte: number = Number.POSITIVE_INFINITY;
  /** Most bytes that were written on one stream of that program. */
  mostBytes = 0;

  readonly wrap = (stream: ByteStream, who: string): ByteStream => {
    if (who !== this.who) return stream;
    const { atByte } = this;
    let written = 0;
    /** What is held back, with all that is behind it. */
    let held: Promise<void> | undefined;
    const write = (chunks: readonly Uint8Array[]): Promise<void> | undefined => {
      const bytes = Buffer.concat(chunks);
      const from = written;
      written += bytes.length;
      this.mostBytes = Math.max(this.mostBytes, written);
      if (from >= atByte || written <= atByte) return stream.write([bytes]);
      void stream.write([bytes.subarray(0, atByte - from)]);
      held = settle(4).then(() => {
        held = undefined;
        return stream.write([bytes.subarray(atByte - from)]);
      });
      return held;
    };
    return {
      read: (options) => stream.read(options),
      unread: (chunk) => stream.unread(chunk),
      write: (chunks) => (held === undefined ? write(chunks) : held.then(() => write(chunks))),
      closeWrite: () => (held === undefined ? stream.closeWrite() : held.then(() => stream.closeWrite())),
      destroy: (reason) => stream.destroy(reason),
      closed: stream.closed,
      ...(stream.consume === undefined ? {} : { consume: stream.consume.bind(stream) }),
    };
  };
}
