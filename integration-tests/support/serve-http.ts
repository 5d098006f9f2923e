import type { HttpRequest, HttpResponse, HttpServerLayerOptions } from '@lamella/http';
import { httpServerLayer } from '@lamella/http';
import type { Lifecycle, Service } from '@lamella/service-core';
import { createLifecycle, serviceFn } from '@lamella/service-core';
import { serveConnections } from './serve-connections.ts';

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
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  const layer = httpServerLayer({ lifecycle, onError, ...options });
  const inner = typeof service === 'function' ? serviceFn(service) : service;
  const { port, authority, openConnections } = await serveConnections(layer(inner), lifecycle, onError);
  return { url: `http://${authority}`, port, openConnections, errors, lifecycle };
}
