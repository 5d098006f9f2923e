import type { HttpRequest, HttpResponse } from '@lamella/http';
import { http2, http2ServerLayer } from '@lamella/http2';
import type { Connection, Listener, MemoryNetwork, ResolveRequest } from '@lamella/net-core';
import { memoryNetwork } from '@lamella/net-core';
import type { Clock, Service } from '@lamella/service-core';
import type { GrpcChannelOptions } from '../../src/index.ts';
import { grpcService, implementService } from '../../src/index.ts';
import type { EchoHandlers } from './call-cases.ts';
import { echoHandlers } from './call-cases.ts';
import { EchoService } from './echo-service.ts';

/** Servers in memory behind the name `app.test`, each on an address of its own; each counts its calls. */
export class ServerFarm {
  readonly #clock: Clock;
  readonly #network: MemoryNetwork;
  readonly #listeners = new Map<string, { readonly listener: Listener; readonly connections: Set<Connection> }>();
  /** Calls by address, since the last {@link forget}. */
  readonly calls: Map<string, number> = new Map<string, number>();
  lookups = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#network = memoryNetwork({ clock });
  }

  /** Starts a server. What it answers otherwise than with an echo is in `handlers`. */
  start(address: string, handlers: Partial<EchoHandlers> = {}): void {
    const listener = this.#network.listen(`${address}:50051`);
    const connections = new Set<Connection>();
    this.#listeners.set(address, { listener, connections });
    const all = { ...echoHandlers({ calls: [], errors: [], log: [] }), ...handlers };
    const inner = grpcService([implementService(EchoService, all)], { clock: this.#clock });
    const counted: Service<HttpRequest, HttpResponse> = {
      serve: (request) => {
        this.calls.set(address, (this.calls.get(address) ?? 0) + 1);
        return inner.serve(request);
      },
    };
    const server = http2ServerLayer({ clock: this.#clock, onError() {} })(counted);
    void (async () => {
      for await (const connection of listener) {
        connections.add(connection);
        void server.serve(connection).finally(() => connections.delete(connection));
      }
    })();
  }

  /** Ends a server with all of its connections, as if its machine had gone. */
  stop(address: string): void {
    const entry = this.#listeners.get(address);
    this.#listeners.delete(address);
    void entry?.listener.close();
    for (const { stream } of entry?.connections ?? []) stream.destroy(new Error('the machine is gone'));
  }

  /** Says what the name stands for. */
  setName(...addresses: readonly string[]): void {
    this.#network.setName('app.test', addresses);
  }

  /** Options for a channel to the servers. */
  get channel(): GrpcChannelOptions {
    return {
      host: 'app.test',
      port: 50_051,
      families: [4],
      connector: this.#network.connector(),
      protocols: [http2()],
      clock: this.#clock,
      random: () => 0.5,
      resolver: {
        serve: (request: ResolveRequest) => {
          this.lookups++;
          return this.#network.resolver.serve(request);
        },
      },
    };
  }

  /** Which servers were called, and how often, by address; and forgets it. */
  forget(): Record<string, number> {
    const calls = Object.fromEntries([...this.calls].sort());
    this.calls.clear();
    return calls;
  }
}
