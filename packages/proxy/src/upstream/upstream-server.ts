import { tryParseRequestTarget } from '@lamella/http';
import { UsageError } from '@lamella/service-core';

/** One of the servers of an upstream group. */
export interface UpstreamServer {
  /** Where it is, such as `http://10.0.0.1:8080` or `https://api.internal`; no path. */
  readonly url: string;
  /** Share of the load beside the others, greater than 0. Default 1. */
  readonly weight?: number;
}

/** Scheme, and host with its optional port, of a server. @throws UsageError if the URL is none of a server. */
export function placeOf({ url }: UpstreamServer): { readonly scheme: string; readonly authority: string } {
  const target = tryParseRequestTarget('GET', url);
  const isServer = typeof target === 'object' && target.query === undefined && /^\/?$/.test(target.path);
  const { scheme, authority } = isServer ? target : {};
  if ((scheme !== 'http' && scheme !== 'https') || authority === undefined) {
    throw new UsageError(`a server's url must be such as http://10.0.0.1:8080, got ${JSON.stringify(url)}`);
  }
  return { scheme, authority };
}
