import type { HttpRequest, HttpResponse } from '@lamella/http';
import type { ByteStream } from '@lamella/net-core';
import { createConnection, memoryPipe } from '@lamella/net-core';
import type { Service } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import type { Http2ServerLayerOptions } from '../../src/server/http2-server-layer.ts';
import { http2ServerLayer } from '../../src/server/http2-server-layer.ts';
import { FrameReader } from './frame-reader.ts';
import { PREFACE, SETTINGS_ACK, settings } from './frames.ts';

/** Options of {@link RawPeer}. */
export interface RawPeerOptions extends Omit<Http2ServerLayerOptions, 'clock' | 'onError'> {
  readonly clock?: FakeClock;
  /** In what pieces input comes, in bytes. Default: as it stands. */
  readonly pieceBytes?: number;
  /** What the client says first. Default: preface, empty SETTINGS, and the acknowledgement of the server's. */
  readonly greeting?: readonly Uint8Array[];
  /** Whether the client takes nothing of what the server writes. Default false. */
  readonly stopsReading?: boolean;
}

/** A client that sends what it likes to a server in memory, and sees the frames that come back as lines. */
export class RawPeer {
  readonly stream: ByteStream;
  readonly clock: FakeClock;
  readonly reader: FrameReader = new FrameReader();
  /** What the server's `onError` heard. */
  readonly errors: unknown[] = [];
  /** Resolves when the server is done with the connection. */
  readonly served: Promise<void>;
  readonly #pieceBytes: number;
  #frames: string[] = [];
  #ended: 'no' | 'end' | 'reset' = 'no';
  #readError: unknown;

  private constructor(service: Service<HttpRequest, HttpResponse>, options: RawPeerOptions) {
    const { clock = new FakeClock(), pieceBytes = Number.POSITIVE_INFINITY, stopsReading = false } = options;
    this.clock = clock;
    this.#pieceBytes = pieceBytes;
    const [near, far] = memoryPipe({ clock });
    this.stream = near;
    const onError = (error: unknown): void => void this.errors.push(error);
    this.served = http2ServerLayer({ ...options, clock, onError })(service).serve(createConnection(far));
    if (!stopsReading) void this.#read();
  }

  /** Opens a connection and greets. */
  static async open(service: Service<HttpRequest, HttpResponse>, options: RawPeerOptions = {}): Promise<RawPeer> {
    const peer = new RawPeer(service, options);
    const { greeting = [PREFACE, settings(), SETTINGS_ACK] } = options;
    if (greeting.length === 0) return peer;
    await peer.send(...greeting);
    await peer.takeFrames();
    return peer;
  }

  /** Whether the server has ended its direction, and whether it did so by a reset. */
  get ended(): 'no' | 'end' | 'reset' {
    return this.#ended;
  }

  /** Sends bytes, and lets the server do what needs no time. */
  async send(...frames: readonly Uint8Array[]): Promise<void> {
    const bytes = Buffer.concat(frames);
    const pieceBytes = Math.max(this.#pieceBytes, Math.ceil(bytes.length / MAX_PIECES));
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      const piece = bytes.subarray(at, Math.min(bytes.length, at + pieceBytes));
      void this.stream.write([Uint8Array.from(piece)])?.catch(() => {}); // the server may have closed
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

  /** Breaks the connection off, and waits until the server is done. */
  async close(): Promise<void> {
    this.stream.destroy(new Error('the client has gone'));
    await this.served;
  }

  async #read(): Promise<void> {
    try {
      for (let chunk = await this.stream.read(); chunk !== undefined; chunk = await this.stream.read()) {
        try {
          this.#frames.push(...this.reader.read(chunk));
        } catch (error) {
          this.#readError ??= error;
        }
      }
      this.#ended = 'end';
    } catch {
      this.#ended = 'reset';
    }
  }
}

/** Long input comes in larger pieces: where it is cut matters in heads, not in content. */
const MAX_PIECES = 600;
