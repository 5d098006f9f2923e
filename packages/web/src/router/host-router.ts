import type { HttpRequest, HttpResponse } from '@lamella/http';
import { formatHost, tryParseAuthority } from '@lamella/net-core';
import type { Service } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import { problemResponse } from '../problem/problem.ts';

/** Options of {@link hostRouter}. */
export interface HostRouterOptions {
  /** Services by host: a name such as `'api.example.test'`, or `'*.example.test'` for every name below; without a port. */
  readonly hosts: Readonly<Record<string, Service<HttpRequest, HttpResponse>>>;
  /** Serves all other hosts. Default: 421 as a problem. */
  readonly fallback?: Service<HttpRequest, HttpResponse>;
}

/**
 * Makes a service that passes each request to the service for its host.
 *
 * @remarks
 * The host is that of an absolute target, else of the Host field; case and port do not matter. A name wins over a `*`, and among those the longest.
 *
 * @throws UsageError for a host that is none.
 *
 * @example
 * const api = router().get('/version', () => HttpResponse.json({ version: 1 }));
 * const pages = router().get('/', () => HttpResponse.text('hello'));
 * const app = hostRouter({ hosts: { 'api.example.test': api, '*.example.test': pages } });
 */
export function hostRouter(options: HostRouterOptions): Service<HttpRequest, HttpResponse> {
  const { fallback = MISDIRECTED } = options;
  const services = new Map<string, Service<HttpRequest, HttpResponse>>();
  for (const [host, service] of Object.entries(options.hosts)) {
    const isWild = host.startsWith('*.');
    const name = hostOf(isWild ? host.slice(2) : host);
    if (name === undefined || name.port) throw new UsageError(`${JSON.stringify(host)} is no host without a port`);
    services.set(isWild ? `*.${name.host}` : name.host, service);
  }
  const find = (host: string): Service<HttpRequest, HttpResponse> | undefined => {
    const exact = services.get(host);
    if (exact !== undefined) return exact;
    for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
      const below = services.get(`*${host.slice(dot)}`);
      if (below !== undefined) return below;
    }
    return undefined;
  };
  return {
    async serve(request) {
      const host = hostOf(request.authority ?? '')?.host;
      return ((host === undefined ? undefined : find(host)) ?? fallback).serve(request);
    },
  };
}

function hostOf(authority: string): { readonly host: string; readonly port: boolean } | undefined {
  const parsed = tryParseAuthority(authority);
  if (parsed === undefined || typeof parsed === 'string') return undefined;
  return { host: formatHost(parsed.host).toLowerCase(), port: parsed.port !== undefined };
}

const MISDIRECTED: Service<HttpRequest, HttpResponse> = { serve: async () => problemResponse({ status: 421 }) };
