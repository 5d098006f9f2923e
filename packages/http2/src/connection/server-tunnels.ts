import type { HttpResponse, HttpUpgrade } from '@lamella/http';
import { AlpnSelected, createConnection } from '@lamella/net-core';
import { AbortScope, UsageError } from '@lamella/service-core';
import type { ServerExchange } from './server-exchange.ts';
import { tunnelHead } from './server-messages.ts';
import type { ServerWork } from './server-work.ts';
import { TunnelStream } from './tunnel-stream.ts';

/** What CONNECT makes of streams of a server connection. RFC 9113 section 8.5, RFC 8441. */
export class ServerTunnels {
  readonly #work: ServerWork;

  constructor(work: ServerWork) {
    this.#work = work;
  }

  /** Made with the request: what the client sends behind its CONNECT is the begin of the tunnel. */
  open(exchange: ServerExchange): TunnelStream {
    const { stream } = exchange;
    return new TunnelStream({
      send: (bytes, isEnd) => {
        this.#work.protocol.sendData(stream, bytes, isEnd, this.#work.nowMs);
        this.#work.turn();
      },
      taken: (byteCount) => {
        this.#work.protocol.consume(stream, byteCount, this.#work.nowMs);
        this.#work.turn();
      },
      reset: (isPlain) => {
        this.#work.protocol.reset(stream, isPlain ? 'NO_ERROR' : 'CANCEL', this.#work.nowMs);
        this.#work.turn();
      },
    });
  }

  /** The service takes the upgrade. @throws UsageError if the request asked for none. */
  accept(exchange: ServerExchange, response: HttpResponse, upgrade: HttpUpgrade): void {
    const { stream, head } = exchange;
    if (exchange.tunnel === undefined) {
      throw new UsageError(`a ${response.status} upgrade does not fit the ${head.method} request of HTTP/2`);
    }
    const { status, headers } = response;
    const fields = tunnelHead(status, headers, this.#work.date);
    this.#work.protocol.checkFields(fields);
    this.#work.protocol.sendFields(stream, fields, false, this.#work.nowMs, true, headers.neverIndexed);
    this.#work.protocol.startTunnel(stream);
    void this.#run(exchange, exchange.tunnel, upgrade);
  }

  async #run(exchange: ServerExchange, tunnel: TunnelStream, upgrade: HttpUpgrade): Promise<void> {
    const upgraded = createConnection(tunnel, {
      // What TLS has chosen for the connection says nothing of what is spoken in a tunnel.
      extensions: exchange.ingress.fork('upgrade', {
        hide: exchange.head.protocol === undefined ? [AlpnSelected] : [],
      }),
      scope: new AbortScope(this.#work.scope),
    });
    try {
      await upgrade.handler.serve(upgraded);
    } catch (error) {
      this.#work.options.onError(error, undefined);
    } finally {
      upgraded.scope.close();
      tunnel.destroy(); // whatever the handler has left open
      exchange.finish();
      this.#work.exchanges.delete(exchange);
    }
  }
}
