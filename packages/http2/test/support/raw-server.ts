import type { HttpConnection } from '@lamella/http';
import type { ByteStream } from '@lamella/net-core';
import { createConnection, memoryPipe } from '@lamella/net-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import type { Http2Options } from '../../src/client/http2.ts';
import { http2 } from '../../src/client/http2.ts';
import { FrameReader } from './frame-reader.ts';
import { PREFACE, SETTINGS_ACK, settings } from './frames.ts';

/** Options of {@link RawServer}. */
export interface RawServerOptions extends Http2Options {
  /** In what pieces input comes, in bytes. Default: as it stands. */
  readonly pieceBytes?: number;
  /** What the server says first. Default: empty SETTINGS, and the acknowledgement of the client's. */
  readonly greeting?: readonly Uint8Array[];
}

/** A server that sends what it likes to a client in memory, and sees the frames that come as lines. */
export class RawServer {
  readonly stream: ByteStream;
  readonly clock: FakeClock = new FakeClock();
  readonly reader: FrameReader = new FrameReader();
  /** The client's side. */
  readonly connection: HttpConnection;
  readonly #pieceBytes: number;
  #prefaceBytes = 0;
  #frames: string[] = [];
  #ended: 'no' | 'end' | 'reset' = 'no';
  #readError: unknown;

  private constructor(options: RawServerOptions) {
    this.#pieceBytes = options.pieceBytes ?? Number.POSITIVE_INFINITY;
    const [near, far] = memoryPipe({ clock: this.clock });
    this.stream = far;
    this.connection = http2(options).open(createConnection(near), { isToProxy: false, clock: this.clock });
    void this.#read();
  }

  /** Opens a connection and greets. */
  static async open(options: RawServerOptions = {}): Promise<RawServer> {
    const server = new RawServer(options);
    const { greeting = [settings(), SETTINGS_ACK] } = options;
    if (greeting.length > 0) {
      await server.send(...greeting);
      await server.takeFrames();
    }
    return server;
  }

  /** Whether the client has ended its direction, and whether it did so by a reset. */
  get ended(): 'no' | 'end' | 'reset' {
    return this.#ended;
  }

  /** Sends bytes, and lets the client do what needs no time. */
  async send(...frames: readonly Uint8Array[]): Promise<void> {
    const bytes = Buffer.concat(frames);
    const pieceBytes = Math.max(this.#pieceBytes, Math.ceil(bytes.length / MAX_PIECES));
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      const piece = bytes.subarray(at, Math.min(bytes.length, at + pieceBytes));
      void this.stream.write([Uint8Array.from(piece)])?.catch(() => {}); // the client may have closed
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

  /** Breaks the connection off. */
  async close(): Promise<void> {
    this.stream.destroy(new Error('the server has gone'));
    await settle(4);
  }

  async #read(): Promise<void> {
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
      const preface = Math.min(chunk.length, PREFACE.length - this.#prefaceBytes);
      for (const byte of chunk.subarray(0, preface)) {
        if (byte !== PREFACE[this.#prefaceBytes++]) throw new Error('the client sends another preface');
      }
      this.#frames.push(...this.reader.read(chunk.subarray(preface)));
    } catch (error) {
      this.#readError ??= error;
    }
  }
}

/** Long input comes in larger pieces: where it is cut matters in heads, not in content. */
const MAX_PIECES = 600;
