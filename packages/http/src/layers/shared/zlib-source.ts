import type { Transform } from 'node:stream';
import type { TrackedResource } from '@lamella/net-core';
import { trackResource } from '@lamella/net-core';
import type { BodySource } from '../../message/body-source.ts';
import type { HttpBody } from '../../message/http-body.ts';
import type { HttpHeaders } from '../../message/http-headers.ts';

/** A stream of `node:zlib`. */
export type ZlibStream = Transform & {
  readonly bytesWritten: number;
  flush(kind?: number, callback?: () => void): void;
};

/** What a {@link ZlibSource} does with its stream. */
export interface ZlibJob {
  /** What it does, for the ledger, such as `'gzip'`. */
  readonly name: string;
  /** Opens the stream, for the first chunk of the content or, if that is empty, for none. `undefined`: nothing in, nothing out. */
  readonly open: (first: Uint8Array | undefined) => ZlibStream | undefined;
  /** Makes the stream give out all that it has, after every chunk. Default: never. */
  readonly flushKind?: number | undefined;
  /** Takes a chunk apart into pieces, which are asked for and put in one after the other. May throw. Default: the chunk as it is. */
  readonly onInput?: (chunk: Uint8Array) => Iterable<Uint8Array>;
  /** Hears of bytes that come out. May throw. */
  readonly onOutput?: (byteCount: number) => void;
  /** Hears of the end, with the bytes that were put in and those that the stream has made use of. May throw. */
  readonly onEnd?: (putIn: number, used: number) => void;
  /** Says an error of the stream in our words. Default: as it is. */
  readonly toError?: (error: unknown) => unknown;
}

/**
 * Pulls a body through a stream of `node:zlib`, one chunk at a time.
 *
 * @remarks
 * A chunk of the body is read only when the stream has nothing left to give, and the stream works on one chunk at a time: what is held is
 * one chunk of the body, and what the stream holds itself. The stream is opened by the first read, and destroyed at the end, at a
 * failure and when the body is cancelled, even while it works; the ledger knows it as `zlib-stream`.
 */
export class ZlibSource implements BodySource {
  readonly #body: HttpBody;
  readonly #job: ZlibJob;
  #pieces: Iterator<Uint8Array> | undefined;
  #stream: ZlibStream | undefined;
  #resource: TrackedResource | undefined;
  #isFeeding = false;
  #isInputOver = false;
  #isEnded = false;
  #putIn = 0;
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(body: HttpBody, job: ZlibJob) {
    this.#body = body;
    this.#job = job;
  }

  get trailers(): HttpHeaders | undefined {
    return this.#body.trailers;
  }

  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.error;
      const output: Uint8Array | null | undefined = this.#stream?.read();
      if (output !== null && output !== undefined) {
        this.#attempt(() => this.#job.onOutput?.(output.length));
        if (this.#failure === undefined) return output;
      } else if (this.#isEnded) {
        this.#attempt(() => this.#finish());
        if (this.#failure === undefined) return undefined;
      } else {
        const changed = new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        if (!this.#isFeeding) void this.#feed();
        await changed;
      }
    }
  }

  cancel(reason: unknown): void {
    this.#fail(reason);
  }

  /** Content that comes out bit by bit is whole whenever the stream is; a read of the body that is under way is not waited for. */
  endEarly(reason: unknown): boolean {
    if (this.#job.flushKind === undefined || this.#failure !== undefined) return false;
    if (this.#isInputOver) return true;
    try {
      if (this.#stream === undefined) this.#open(undefined);
      this.#end();
    } catch (error) {
      this.#fail(error);
    }
    this.#body.cancel(reason);
    return true;
  }

  onOver(listener: () => void): void {
    this.#body.onOver(listener);
  }

  /** Puts the next piece in. Never rejects. */
  async #feed(): Promise<void> {
    this.#isFeeding = true;
    try {
      const piece = await this.#nextPiece();
      if (this.#failure !== undefined || this.#isInputOver) return;
      if (this.#stream === undefined) this.#open(piece);
      if (piece === undefined) this.#end();
      else this.#put(piece);
    } catch (error) {
      if (!this.#isInputOver) this.#fail(error);
    }
  }

  async #nextPiece(): Promise<Uint8Array | undefined> {
    for (;;) {
      const { value } = this.#pieces?.next() ?? {};
      if (value !== undefined) return value;
      const chunk = await this.#body.read();
      if (chunk === undefined || this.#failure !== undefined) return undefined;
      if (chunk.length === 0) continue;
      this.#pieces = (this.#job.onInput?.(chunk) ?? [chunk])[Symbol.iterator]();
    }
  }

  #open(first: Uint8Array | undefined): void {
    const stream = this.#job.open(first);
    if (stream === undefined) return;
    this.#stream = stream;
    this.#resource = trackResource('zlib-stream', () => this.#job.name);
    stream.on('readable', this.#notify);
    stream.on('end', () => {
      this.#isEnded = true;
      this.#notify();
    });
    stream.on('error', (error: unknown) => this.#fail(this.#job.toError?.(error) ?? error));
  }

  #put(piece: Uint8Array): void {
    this.#putIn += piece.length;
    const done = (): void => {
      this.#isFeeding = false;
      this.#notify();
    };
    const { flushKind } = this.#job;
    if (flushKind === undefined) this.#stream?.write(piece, done);
    else {
      this.#stream?.write(piece);
      this.#stream?.flush(flushKind, done);
    }
  }

  #end(): void {
    this.#isInputOver = true;
    if (this.#stream === undefined) this.#isEnded = true;
    else this.#stream.end();
    this.#notify();
  }

  #finish(): void {
    const used = this.#stream?.bytesWritten ?? 0;
    this.#job.onEnd?.(this.#putIn, used);
    if (!this.#isInputOver) throw new Error('the stream ended before its input'); // onEnd knows better
    this.#close();
  }

  #attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { error };
    this.#close();
    this.#body.cancel(error);
    this.#notify();
  }

  #close(): void {
    this.#stream?.destroy();
    this.#resource?.release();
    this.#pieces = undefined;
  }

  readonly #notify = (): void => {
    this.#wake?.();
  };
}
