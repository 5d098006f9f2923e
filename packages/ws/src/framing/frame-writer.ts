import type { Deflate } from './deflate.ts';
import { Sender } from './ws-library.ts';

/** Where frames go. */
export interface FrameSink {
  /** @returns What `ByteStream.write` does. */
  write(chunks: readonly Uint8Array[]): Promise<void> | undefined;
}

/**
 * Turns messages and control frames into bytes, in order; the frames are made by `ws`.
 *
 * @remarks
 * Without compression a frame is written within the call. Behind a message that is being compressed the others wait, control
 * frames included: the state of a compressor has an order.
 */
export class FrameWriter {
  readonly #sink: FrameSink;
  readonly #isClient: boolean;
  readonly #deflate: Deflate | undefined;
  #waiting: (() => void)[] | undefined;
  #isCompressing = false;
  #stopped: { readonly error: unknown } | undefined;
  #waitingBytes = 0;

  constructor(sink: FrameSink, options: { readonly isClient: boolean; readonly deflate: Deflate | undefined }) {
    this.#sink = sink;
    this.#isClient = options.isClient;
    this.#deflate = options.deflate;
  }

  /** Bytes of messages that wait behind one that is being compressed, itself included. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Writes a message. */
  message(data: string | Uint8Array, compresses: boolean): Promise<void> | undefined {
    const opcode = typeof data === 'string' ? TEXT : BINARY;
    if (this.#deflate === undefined) return this.#frame(opcode, data, false);
    const bytes = typeof data === 'string' ? Buffer.from(data) : bufferOf(data);
    if (compresses && bytes.length >= this.#deflate.thresholdBytes) return this.#compress(opcode, bytes, this.#deflate);
    return this.#isCompressing ? this.#wait(opcode, bytes) : this.#frame(opcode, bytes, false);
  }

  /** Writes a ping, a pong or a close frame. */
  control(opcode: number, payload: Uint8Array): Promise<void> | undefined {
    return this.#isCompressing ? this.#wait(opcode, payload) : this.#frame(opcode, payload, false);
  }

  /** What still waits is not written any more, and fails with `error`. */
  stop(error: unknown): void {
    this.#stopped ??= { error };
    for (const go of this.#waiting?.splice(0) ?? []) go();
  }

  #frame(opcode: number, data: string | Uint8Array, isCompressed: boolean): Promise<void> | undefined {
    if (typeof data === 'string' && !this.#isClient && data.length <= MAX_SHORT_TEXT)
      return this.#sink.write([textFrame(data)]);
    const frame = Sender.frame(typeof data === 'string' ? data : bufferOf(data), {
      opcode,
      fin: true,
      mask: this.#isClient,
      readOnly: true, // the caller may send the same bytes to others
      rsv1: isCompressed,
    });
    return this.#sink.write(frame.length === 1 ? frame : joinIfShort(frame));
  }

  #compress(opcode: number, bytes: Buffer, deflate: Deflate): Promise<void> {
    return this.#inTurn(bytes.length, (done) => {
      // All would begin at once now, which one compressor can't do: `ws` would never hear of the end of most.
      if (this.#stopped !== undefined) return done(Promise.reject(this.#stopped.error));
      this.#isCompressing = true;
      deflate.compress(bytes, (compressed) => {
        this.#isCompressing = false;
        done(this.#late(opcode, compressed, true));
        this.#goOn();
      });
    });
  }

  #goOn(): void {
    while (!this.#isCompressing) {
      const next = this.#waiting?.shift();
      if (next === undefined) return;
      next();
    }
  }

  #wait(opcode: number, bytes: Uint8Array): Promise<void> {
    return this.#inTurn(bytes.length, (done) => done(this.#late(opcode, bytes, false)));
  }

  #late(opcode: number, bytes: Uint8Array, isCompressed: boolean): Promise<void> | undefined {
    return this.#stopped === undefined ? this.#frame(opcode, bytes, isCompressed) : Promise.reject(this.#stopped.error);
  }

  #inTurn(bytes: number, go: (done: (written: Promise<void> | undefined) => void) => void): Promise<void> {
    this.#waitingBytes += bytes;
    const { promise, resolve } = Promise.withResolvers<void>();
    promise.catch(() => {}); // ignoring the wait is safe
    const start = (): void =>
      go((written) => {
        this.#waitingBytes -= bytes;
        resolve(written);
      });
    if (this.#isCompressing && this.#stopped === undefined) {
      this.#waiting ??= [];
      this.#waiting.push(start);
    } else start();
    return promise;
  }
}

/**
 * A frame of short text as servers send it, which is not masked. Made in one piece, it takes half the time that it takes in three: the
 * bytes of the text, the head, and both joined.
 */
function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const headLength = length < 126 ? 2 : 4;
  const frame = Buffer.allocUnsafe(headLength + length);
  frame[0] = 0x80 | TEXT;
  if (headLength === 2) frame[1] = length;
  else {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  }
  frame.write(text, headLength, 'utf8');
  return frame;
}

/** One write costs less than the copy of a short payload. */
function joinIfShort(frame: readonly Buffer[]): readonly Buffer[] {
  const [head, data] = frame;
  if (head === undefined || data === undefined || data.length > MAX_JOINED_BYTES) return frame;
  const joined = Buffer.allocUnsafe(head.length + data.length);
  joined.set(head, 0);
  joined.set(data, head.length);
  return [joined];
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const TEXT = 1;
const BINARY = 2;
/** Opcodes of control frames. RFC 6455 section 5.5. */
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;
const MAX_JOINED_BYTES = 8 * 1024;
/** Up to here the bytes of a text, three for a character at the most, fit into a length of two bytes. */
const MAX_SHORT_TEXT = 8 * 1024;
