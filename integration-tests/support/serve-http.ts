import type { HttpRequest, HttpResponse, HttpServerLayerOptions } from '@lamella/http';
import { httpServerLayer } from '@lamella/http';
import { serveListener } from '@lamella/net-core';
import { listenTcp } from '@lamella/net-tcp';
import type { Lifecycle, Service } from '@lamella/service-core';
import { createLifecycle, serviceFn } from '@lamella/service-core';
import { onTestFinished } from 'vitest';

/** A server of this process, on a port of its own. */
export interface TestServer {
  /** `http://127.0.0.1:port`, without a slash. */
  readonly url: string;
  readonly port: number;
  /** Connections that are open. */
  readonly openConnections: () => number;
  /** What services rejected with. */
  readonly errors: readonly unknown[];
  readonly lifecycle: Lifecycle;
}

/** Serves on a free port of this machine until the test is over. */
export async function serveHttp(
  service: Service<HttpRequest, HttpResponse> | ((request: HttpRequest) => HttpResponse | Promise<HttpResponse>),
  options: HttpServerLayerOptions = {},
  lifecycle: Lifecycle = createLifecycle(),
): Promise<TestServer> {
  const listener = await listenTcp();
  const errors: unknown[] = [];
  const layer = httpServerLayer({ lifecycle, onError: (error) => void errors.push(error), ...options });
  const inner = typeof service === 'function' ? serviceFn(service) : service;
  const served = serveListener(listener, layer(inner), { lifecycle, onError: (error) => void errors.push(error) });
  onTestFinished(async () => {
    await lifecycle.drain({ graceMs: 0 });
    await served;
  });
  const { address } = listener;
  if (address.type !== 'tcp') throw new Error('a TCP listener has a TCP address');
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    openConnections: () => listener.gauges.open,
    errors,
    lifecycle,
  };
}
