import type { ByteSink, ByteStream, Pausable } from '../bytes/byte-stream.ts';
import { consumeStream } from '../bytes/consume-stream.ts';

/** One direction of a relay: everything from one stream to another, then the end. */
export class RelayDirection implements ByteSink {
  /** Large enough that bulk transfers spend their time in the kernel. */
  readonly chunkBytes: number = 256 * 1024;
  readonly #from: ByteStream;
  readonly #to: ByteStream;
  readonly #onActivity: () => void;
  readonly #done = Promise.withResolvers<void>();
  #source: Pausable | undefined;
  #bytes = 0;

  constructor(from: ByteStream, to: ByteStream, onActivity: () => void) {
    this.#from = from;
    this.#to = to;
    this.#onActivity = onActivity;
  }

  /** Bytes that the receiving stream has taken. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Moves everything. Resolves when the end has been passed on; rejects when a stream is gone. */
  run(): Promise<void> {
    this.#source = consumeStream(this.#from, this);
    return this.#done.promise;
  }

  onBytes(chunk: Uint8Array): 'kept' | undefined {
    this.#account(chunk.length);
    if (this.#to.writeLent === undefined) {
      const wait = this.#to.write([chunk]);
      if (wait !== undefined) this.#pauseUntil(wait);
    } else if (this.#to.writeLent(chunk))
      return undefined; // sent: the memory is the sender's again
    else {
      const wait = this.#to.write(NOTHING);
      if (wait !== undefined) this.#pauseUntil(wait, chunk);
    }
    return 'kept';
  }

  onEnd(): void {
    this.#done.resolve(this.#to.closeWrite());
  }

  /** @param lent - What has left its memory when there is room again. */
  #pauseUntil(room: Promise<void>, lent?: Uint8Array): void {
    this.#source?.pause();
    room.then(
      () => {
        if (lent !== undefined) this.#source?.giveBack?.(lent);
        this.#source?.resume();
      },
      (error: unknown) => this.#done.reject(error),
    );
  }

  #account(byteCount: number): void {
    this.#bytes += byteCount;
    this.#onActivity();
  }
}

const NOTHING: readonly Uint8Array[] = [];
