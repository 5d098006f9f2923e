import type { ByteStream } from '@lamella/net-core';

/** One call of `write`: on a socket, one system call. */
export interface LoggedWrite {
  /** The program that wrote. */
  readonly who: string;
  /** What it wrote, one character a byte. */
  readonly text: string;
}

/** Notes every write on the streams that it wraps, in order. */
export class WriteLog {
  readonly writes: LoggedWrite[] = [];

  /** Writes of one program. */
  of(who: string): string[] {
    return this.writes.filter((write) => write.who === who).map(({ text }) => text);
  }

  readonly wrap = (stream: ByteStream, who: string): ByteStream => {
    const note = (chunks: readonly Uint8Array[]): void => {
      const text = Buffer.concat(chunks).toString('latin1');
      if (text !== '') this.writes.push({ who, text });
    };
    return {
      read: (options) => stream.read(options),
      unread: (chunk) => stream.unread(chunk),
      write(chunks) {
        note(chunks);
        return stream.write(chunks);
      },
      closeWrite: () => stream.closeWrite(),
      destroy: (reason) => stream.destroy(reason),
      closed: stream.closed,
      ...(stream.consume === undefined ? {} : { consume: (sink) => consumeOf(stream)(sink) }),
      ...(stream.writeLent === undefined
        ? {}
        : {
            writeLent(chunk) {
              note([chunk]);
              return stream.writeLent?.(chunk) === true;
            },
          }),
    };
  };
}

function consumeOf(stream: ByteStream): NonNullable<ByteStream['consume']> {
  if (stream.consume === undefined) throw new Error('this stream has no push path');
  return stream.consume.bind(stream);
}
