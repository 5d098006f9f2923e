import type { HttpClient, HttpClientOptions, HttpRequest as Request } from '@lamella/http';
import { createHttpClient, HttpRequest, HttpResponse } from '@lamella/http';
import type { Connection, MemoryNetwork, ServeListenerOptions } from '@lamella/net-core';
import { memoryNetwork, serveListener } from '@lamella/net-core';
import { basicProxyAuth, forwardProxyService } from '@lamella/proxy';
import type { Lifecycle, Service } from '@lamella/service-core';
import { createLifecycle, serviceFn } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';

/** What an origin has said, and the fields that it has got. */
export interface Seen {
  readonly body: string;
  readonly seen: readonly [name: string, value: string][];
}

/** Proxies, an origin behind them, and clients, all in memory. */
export class ProxyWorld {
  readonly clock: FakeClock = new FakeClock();
  readonly network: MemoryNetwork = memoryNetwork({ clock: this.clock });
  readonly lifecycle: Lifecycle = createLifecycle({ clock: this.clock });
  /** Which proxy has opened a tunnel to where, such as `a: b.test:80`. */
  readonly tunnels: string[] = [];
  /** By which version of HTTP each was asked for that. */
  readonly versions: string[] = [];
  readonly #served: Promise<unknown>[] = [];

  /** Serves an address. */
  listen(address: string, server: Service<Connection, void>, options: ServeListenerOptions = {}): void {
    this.#served.push(serveListener(this.network.listen(address), server, { lifecycle: this.lifecycle, ...options }));
  }

  /** A proxy. @param isPrivate - Whether it is only for u, v and w, whose password is `p`. */
  proxy(name: string, isPrivate: boolean): Service<Request, HttpResponse> {
    const { clock, lifecycle, tunnels, versions } = this;
    const connector = this.network.connector();
    const inner = forwardProxyService({
      client: createHttpClient({ connector, clock, lifecycle }),
      connector,
      connectPorts: 'any',
      relay: { clock, lifecycle },
      ...(isPrivate ? { auth: basicProxyAuth(['u', 'v', 'w'].map((user) => ({ name: user, password: 'p' }))) } : {}),
    });
    return serviceFn(async (request: Request) => {
      const response = await inner.serve(request);
      if (request.method !== 'CONNECT' || response.status !== 200) return response;
      tunnels.push(`${name}: ${request.target}`);
      versions.push(request.version);
      return response;
    });
  }

  /** What the origin answers; {@link ask} asks it. */
  readonly origin: Service<Request, HttpResponse> = serviceFn(({ headers }: Request) =>
    HttpResponse.text('from the origin', { headers: { 'X-Seen': JSON.stringify([...headers]) } }),
  );

  client(options: Partial<HttpClientOptions>): HttpClient {
    const { clock, lifecycle, network } = this;
    return createHttpClient({ connector: network.connector(), clock, lifecycle, ...options });
  }

  async ask(client: HttpClient, scheme: string, headers: [string, string][] = []): Promise<Seen> {
    const response = await client.serve(HttpRequest.from({ target: `${scheme}://origin.test/`, headers }));
    const body = await response.body.text();
    return { body, seen: JSON.parse(response.headers.get('x-seen') ?? '[]') };
  }

  async end(): Promise<void> {
    const drained = this.lifecycle.drain({ graceMs: 0 });
    await this.clock.advanceAsync(10_000);
    await drained;
    await Promise.all(this.#served);
  }
}
