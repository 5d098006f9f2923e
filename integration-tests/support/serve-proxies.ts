import type { Resolver } from '@lamella/net-core';
import { tcpConnector } from '@lamella/net-tcp';
import type { ForwardProxyOptions, ReverseProxyOptions } from '@lamella/proxy';
import { forwardProxyService, reverseProxyService } from '@lamella/proxy';
import { createLifecycle } from '@lamella/service-core';
import type { TestServer } from './serve-http.ts';
import { serveHttp } from './serve-http.ts';
import { testClient } from './test-client.ts';

/** Options of {@link serveForwardProxy}. */
export interface ForwardProxyTestOptions extends Partial<Omit<ForwardProxyOptions, 'client' | 'connector'>> {
  /** Default: the one of the system. */
  readonly resolver?: Resolver;
}

/** A forward proxy of this process, whose tunnels reach every port, until the test is over. */
export function serveForwardProxy({ resolver, ...options }: ForwardProxyTestOptions = {}): Promise<TestServer> {
  const connector = tcpConnector(resolver === undefined ? {} : { resolver });
  const lifecycle = createLifecycle();
  const client = testClient({ connector });
  const relay = { lifecycle, ...options.relay };
  const service = forwardProxyService({ client, connector, connectPorts: 'any', ...options, relay });
  return serveHttp(service, {}, lifecycle);
}

/** A reverse proxy of this process, until the test is over. */
export function serveReverseProxy(
  to: string,
  options: Partial<Omit<ReverseProxyOptions, 'client'>> = {},
): Promise<TestServer> {
  const lifecycle = createLifecycle();
  const client = testClient();
  const relay = { lifecycle, ...options.relay };
  return serveHttp(reverseProxyService({ client, routes: [{ to }], ...options, relay }), {}, lifecycle);
}
