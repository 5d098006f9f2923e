import type { HttpRequest, HttpResponse } from '@lamella/http';
import { createConnection, memoryPipe, PeerAddress, parseAddress } from '@lamella/net-core';
import type { Service } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';
import type { Http2ServerLayerOptions } from '../../src/server/http2-server-layer.ts';
import { http2ServerLayer } from '../../src/server/http2-server-layer.ts';
import { PREFACE, SETTINGS_ACK, settings } from './frames.ts';
import { RawEnd } from './raw-end.ts';

/** Options of {@link RawPeer}. */
export interface RawPeerOptions extends Omit<Http2ServerLayerOptions, 'clock' | 'onError'> {
  readonly clock?: FakeClock;
  /** In what pieces input comes, in bytes. Default: as it stands. */
  readonly pieceBytes?: number;
  /** What the client says first. Default: preface, empty SETTINGS, and the acknowledgement of the server's. */
  readonly greeting?: readonly Uint8Array[];
  /** Address of the client. Default: none. */
  readonly address?: string;
  /** Whether the client takes nothing of what the server writes. Default false. */
  readonly stopsReading?: boolean;
}

/** A client that sends what it likes to a server in memory, and sees the frames that come back as lines. */
export class RawPeer extends RawEnd {
  readonly clock: FakeClock;
  /** What the server's `onError` heard. */
  readonly errors: unknown[] = [];
  /** Resolves when the server is done with the connection. */
  readonly served: Promise<void>;

  private constructor(service: Service<HttpRequest, HttpResponse>, options: RawPeerOptions) {
    const { clock = new FakeClock(), pieceBytes, stopsReading = false } = options;
    const [near, far] = memoryPipe({ clock });
    super(near, pieceBytes);
    this.clock = clock;
    const onError = (error: unknown): void => void this.errors.push(error);
    const connection = createConnection(far);
    if (options.address !== undefined) connection.extensions.insert(PeerAddress, parseAddress(options.address));
    this.served = http2ServerLayer({ ...options, clock, onError })(service).serve(connection);
    if (!stopsReading) void this.read();
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

  /** Breaks the connection off, and waits until the server is done. */
  async close(): Promise<void> {
    this.stream.destroy(new Error('the client has gone'));
    await this.served;
  }
}
