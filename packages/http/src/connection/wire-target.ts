import { UsageError } from '@lamella/service-core';
import type { HttpRequest } from '../message/http-request.ts';

/** A target as it goes on the wire, and the authority that goes with it. */
export interface WireTarget {
  readonly target: string;
  readonly authority: string;
}

/**
 * The form of the target that the next server wants. RFC 9112 section 3.2.
 *
 * @param isToProxy - Whether the next server is a proxy, which gets the absolute form.
 * @throws UsageError if nothing says which host the request is for.
 */
export function wireTarget(request: HttpRequest, isToProxy: boolean): WireTarget {
  const { form, authority, path, query } = request.parsedTarget;
  const host = authority ?? request.headers.get('host');
  if (host === undefined) {
    throw new UsageError(`the request for ${request.target} says no host: give a whole URL or a Host header`);
  }
  if (form !== 'absolute' || isToProxy) return { target: request.target, authority: host };
  // RFC 9112 section 3.2.4: asking for the server as a whole.
  if (path === '' && query === undefined && request.method === 'OPTIONS') return { target: '*', authority: host };
  const start = path === '' ? '/' : path;
  return { target: query === undefined ? start : `${start}?${query}`, authority: host };
}
