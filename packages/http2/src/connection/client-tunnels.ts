import type { HttpHeaders } from '@lamella/http';
import type { UpgradedConnection } from '@lamella/net-core';
import { createConnection } from '@lamella/net-core';
import { Http2StreamId } from '../keys.ts';
import type { ClientExchange } from './client-exchange.ts';
import { acceptOf } from './client-messages.ts';
import type { ClientWork } from './client-work.ts';
import { TunnelStream } from './tunnel-stream.ts';

/** What CONNECT makes of streams of a client connection. RFC 9113 section 8.5, RFC 8441. */
export class ClientTunnels {
  readonly #work: ClientWork;

  constructor(work: ClientWork) {
    this.#work = work;
  }

  /** The server takes it: from now on, the stream is the tunnel. */
  open(exchange: ClientExchange): UpgradedConnection {
    const work = this.#work;
    work.protocol.startTunnel(exchange.stream);
    const tunnel = this.#streamOf(exchange);
    exchange.tunnel = tunnel;
    exchange.finish();
    const store = work.extensions.fork('stream');
    store.insert(Http2StreamId, exchange.stream.id);
    void tunnel.closed.then(() => {
      work.exchanges.delete(exchange);
      work.hasNews = true;
      work.turn();
    });
    return createConnection(tunnel, { extensions: store.fork('upgrade') });
  }

  #streamOf(exchange: ClientExchange): TunnelStream {
    const work = this.#work;
    const { stream } = exchange;
    return new TunnelStream({
      send: (bytes, isEnd) => {
        exchange.bytesOut += bytes.length;
        work.protocol.sendData(stream, bytes, isEnd, work.nowMs);
        work.turn();
      },
      taken: (byteCount) => exchange.taken(byteCount),
      reset: (isPlain) => {
        work.protocol.reset(stream, isPlain ? 'NO_ERROR' : 'CANCEL', work.nowMs);
        work.turn();
      },
    });
  }
}

/** Makes the accepted CONNECT look like the upgrade that it stands for. RFC 8441 section 5. */
export function appendUpgradeFields({ request }: ClientExchange, headers: HttpHeaders): void {
  const upgrade = request.headers.get('upgrade') ?? '';
  headers.append('connection', 'Upgrade');
  headers.append('upgrade', upgrade);
  if (upgrade.toLowerCase() === 'websocket') headers.append('sec-websocket-accept', acceptOf(request));
}
