import type { ByteStream } from '@lamella/net-core';
import { settle } from '@lamella/service-core/testing';
import { FrameReader } from './frame-reader.ts';

/** One end of a connection in memory that sends bytes as they are given, and sees the frames that come as lines. */
export class RawEnd {
  readonly stream: ByteStream;
  readonly reader: FrameReader = new FrameReader();
  readonly #pieceBytes: number;
  /** What must come ahead of the first frame, and how much of it has. */
  readonly #preface: Uint8Array;
  #prefaceBytes = 0;
  #frames: string[] = [];
  #ended: 'no' | 'end' | 'reset' = 'no';
  #readError: unknown;

  /** @param pieceBytes - In what pieces bytes are sent. */
  constructor(
    stream: ByteStream,
    pieceBytes: number = Number.POSITIVE_INFINITY,
    preface: Uint8Array = new Uint8Array(0),
  ) {
    this.stream = stream;
    this.#pieceBytes = pieceBytes;
    this.#preface = preface;
  }

  /** Whether the other side has ended its direction, and whether it did so by a reset. */
  get ended(): 'no' | 'end' | 'reset' {
    return this.#ended;
  }

  /** Sends bytes, and lets the other side do what needs no time. */
  async send(...frames: readonly Uint8Array[]): Promise<void> {
    const bytes = Buffer.concat(frames);
    const pieceBytes = Math.max(this.#pieceBytes, Math.ceil(bytes.length / MAX_PIECES));
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      const piece = bytes.subarray(at, Math.min(bytes.length, at + pieceBytes));
      void this.stream.write([Uint8Array.from(piece)])?.catch(() => {}); // the other side may have closed
    }
    await settle(4);
  }

  /** Takes the frames that came since the last time; WINDOW_UPDATE only if asked for. */
  async takeFrames(withUpdates = false): Promise<string[]> {
    await settle(4);
    if (this.#readError !== undefined) throw this.#readError;
    const frames = this.#frames.filter((line) => withUpdates || !line.startsWith('WINDOW_UPDATE'));
    this.#frames = [];
    return frames;
  }

  /** Takes what comes, until it ends. */
  async read(): Promise<void> {
    try {
      for (let chunk = await this.stream.read(); chunk !== undefined; chunk = await this.stream.read()) {
        this.#take(chunk);
      }
      this.#ended = 'end';
    } catch {
      this.#ended = 'reset';
    }
  }

  #take(chunk: Uint8Array): void {
    try {
      const length = Math.min(chunk.length, this.#preface.length - this.#prefaceBytes);
      for (const byte of chunk.subarray(0, length)) {
        if (byte !== this.#preface[this.#prefaceBytes++]) throw new Error('another preface came');
      }
      this.#frames.push(...this.reader.read(chunk.subarray(length)));
    } catch (error) {
      this.#readError ??= error; // told by the next `takeFrames`
    }
  }
}

/** Long input comes in larger pieces: where it is cut matters in heads, not in content. */
const MAX_PIECES = 600;
