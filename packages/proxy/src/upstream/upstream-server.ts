import { RequestOrigin } from '@lamella/http';
import { UsageError } from '@lamella/service-core';

/** One of the servers of an upstream group. */
export interface UpstreamServer {
  /** Where it is, such as `http://10.0.0.1:8080` or `https://api.internal`; no path. */
  readonly url: string;
  /** Share of the load beside the others, greater than 0. Default 1. */
  readonly weight?: number;
}

/** Where a server is. @throws UsageError if the URL is none of a server. */
export function originOf({ url }: UpstreamServer): RequestOrigin {
  const origin = RequestOrigin.tryFrom(url);
  if (origin !== undefined && /^https?$/.test(origin.scheme)) return origin;
  throw new UsageError(`a server's url must be such as http://10.0.0.1:8080, got ${JSON.stringify(url)}`);
}
