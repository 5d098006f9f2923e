import type { HttpConnection, HttpProtocol } from '@lamella/http';
import { createConnection, memoryPipe, PeerAddress, parseAddress } from '@lamella/net-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import type { Http2Options } from '../../src/client/http2.ts';
import { http2 } from '../../src/client/http2.ts';
import { PREFACE, SETTINGS_ACK, settings } from './frames.ts';
import { RawEnd } from './raw-end.ts';

/** Options of {@link RawServer}. */
export interface RawServerOptions extends Http2Options {
  /** In what pieces input comes, in bytes. Default: as it stands. */
  readonly pieceBytes?: number;
  /** What the server says first. Default: empty SETTINGS, and the acknowledgement of the client's. */
  readonly greeting?: readonly Uint8Array[];
  /** What the client speaks. Default: made of these options, for this connection alone. */
  readonly protocol?: HttpProtocol;
  /** Address of the server. Default: none. */
  readonly address?: string;
}

/** A server that sends what it likes to a client in memory, and sees the frames that come as lines. */
export class RawServer extends RawEnd {
  readonly clock: FakeClock;
  /** The client's side. */
  readonly connection: HttpConnection;

  private constructor(options: RawServerOptions) {
    const clock = new FakeClock();
    const [near, far] = memoryPipe({ clock });
    super(far, options.pieceBytes, PREFACE);
    this.clock = clock;
    const connection = createConnection(near);
    if (options.address !== undefined) connection.extensions.insert(PeerAddress, parseAddress(options.address));
    this.connection = (options.protocol ?? http2(options)).open(connection, { isToProxy: false, clock });
    void this.read();
  }

  /** Opens a connection and greets. */
  static async open(options: RawServerOptions = {}): Promise<RawServer> {
    const server = new RawServer(options);
    const { greeting = [settings(), SETTINGS_ACK] } = options;
    if (greeting.length === 0) return server;
    await server.send(...greeting);
    await server.takeFrames();
    return server;
  }

  /** Breaks the connection off. */
  async close(): Promise<void> {
    this.stream.destroy(new Error('the server has gone'));
    await settle(4);
  }
}
