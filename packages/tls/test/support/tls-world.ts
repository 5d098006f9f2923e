import type { Connection, ConnectRequest, ConnectRequestInit, MemoryNetwork } from '@lamella/net-core';
import { connectRequest, memoryNetwork, parseAddress, serveListener } from '@lamella/net-core';
import type { Layer } from '@lamella/service-core';
import type { TlsAcceptOptions, TlsConnectOptions } from '@lamella/tls';
import { tlsAcceptLayer, tlsConnectLayer } from '@lamella/tls';

/** A server behind TLS in a network in memory, and what becomes of its connections. */
export interface TlsWorld {
  readonly network: MemoryNetwork;
  /** Connects by TLS as a client with these options. */
  connect(options: TlsConnectOptions, request?: Partial<ConnectRequestInit>): Promise<Connection>;
  /** Connects through a layer that was made before. */
  connectBy(layer: Layer<ConnectRequest, Connection>, request?: Partial<ConnectRequestInit>): Promise<Connection>;
  /** Connects without TLS. */
  connectInClear(): Promise<Connection>;
  /** The next connection that the server has accepted, decrypted. */
  accepted(): Promise<Connection>;
  /** Why the server has refused the next connection. */
  failure(): Promise<unknown>;
  /** Stops listening, and ends all connections of the server. */
  close(): Promise<void>;
}

/** Options of {@link tlsWorld}. */
export interface TlsWorldOptions {
  readonly network?: MemoryNetwork;
  /** Stands between the network and TLS. */
  readonly outside?: Layer<Connection, void>;
}

/** Where the server listens. */
export const SERVER = 'server.test:443';

/** Makes a {@link TlsWorld}. */
export function tlsWorld(accept: TlsAcceptOptions, options: TlsWorldOptions = {}): TlsWorld {
  const { network = memoryNetwork(), outside = (inner) => inner } = options;
  const listener = network.listen(SERVER);
  const accepted = new Queue<Connection>();
  const failures = new Queue<unknown>();
  const open = new Set<Connection>();
  let isClosed = false;
  const server = tlsAcceptLayer(accept)({
    async serve(connection) {
      if (isClosed) return connection.stream.destroy();
      open.add(connection);
      accepted.push(connection);
      await connection.stream.closed;
      open.delete(connection);
    },
  });
  const serving = serveListener(listener, outside(server), { onError: (error) => failures.push(error) });
  const dial = (init: Partial<ConnectRequestInit>): ConnectRequest =>
    connectRequest({ target: parseAddress(SERVER), secure: true, ...init });
  return {
    network,
    connect: (connect, init = {}) => tlsConnectLayer(connect)(network.connector()).serve(dial(init)),
    connectBy: (layer, init = {}) => layer(network.connector()).serve(dial(init)),
    connectInClear: () => network.connector().serve(dial({ secure: false })),
    accepted: () => accepted.next(),
    failure: () => failures.next(),
    async close() {
      isClosed = true;
      await listener.close();
      for (const { stream } of open) stream.destroy();
      await serving;
    },
  };
}

/** Things in the order in which they came, for whoever waits. */
class Queue<Item> {
  readonly #items: Item[] = [];
  readonly #takers: ((item: Item) => void)[] = [];

  push(item: Item): void {
    const take = this.#takers.shift();
    if (take === undefined) this.#items.push(item);
    else take(item);
  }

  next(): Promise<Item> {
    const [item] = this.#items.splice(0, 1);
    return item === undefined ? new Promise((resolve) => this.#takers.push(resolve)) : Promise.resolve(item);
  }
}
