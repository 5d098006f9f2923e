import type { HttpRequest } from '@lamella/http';
import { tryParseRequestTarget } from '@lamella/http';
import { UsageError } from '@lamella/service-core';
import type { TlsParts } from './tls-parts.ts';

/** Where http-proxy sends requests: a URL, or its parts. */
export type HttpProxyTarget =
  | string
  | URL
  | (TlsParts & {
      readonly protocol?: string;
      readonly host?: string;
      readonly hostname?: string;
      readonly port?: string | number;
      readonly path?: string;
      readonly pathname?: string;
      readonly socketPath?: string;
    });

/** Where requests go: a `target` or a `forward` of http-proxy, taken apart. */
export interface TargetPlace {
  readonly scheme: 'http' | 'https';
  /** Host and optional port. */
  readonly authority: string;
  /** Path without a slash at the end. */
  readonly base: string;
  /** Path and query as they were given, for `ignorePath`. */
  readonly whole: string;
}

/** Which part of a request's path goes on. */
export interface PathOptions {
  readonly prependPath: boolean;
  readonly ignorePath: boolean;
}

/** Takes a target apart. @throws UsageError if that is no place that can be reached. */
export function targetPlace(name: string, target: HttpProxyTarget, { ignorePath }: PathOptions): TargetPlace {
  const url = urlOf(name, target);
  const parsed = tryParseRequestTarget('GET', url.replace(/^ws(s?):/i, 'http$1:'));
  if (typeof parsed === 'string' || parsed.authority === undefined) {
    throw new UsageError(`${name} must be a URL such as http://127.0.0.1:3000, got ${JSON.stringify(url)}`);
  }
  const { scheme, authority, path, query } = parsed;
  if (scheme !== 'http' && scheme !== 'https') {
    throw new UsageError(`${name} must be http:, https:, ws: or wss:, got ${JSON.stringify(url)}`);
  }
  if (query !== undefined && !ignorePath) {
    throw new UsageError(`${name} has a query, which only ignorePath can use: ${JSON.stringify(url)}`);
  }
  const whole = `${path === '' ? '/' : path}${query === undefined ? '' : `?${query}`}`;
  return { scheme, authority, base: path.endsWith('/') ? path.slice(0, -1) : path, whole };
}

/** The URL that a request goes to at a place. */
export function targetAt(
  { scheme, authority, base, whole }: TargetPlace,
  request: HttpRequest,
  { prependPath, ignorePath }: PathOptions,
): string {
  const origin = `${scheme}://${authority}`;
  if (ignorePath) return `${origin}${prependPath ? whole : '/'}`;
  const { path, query } = request.parsedTarget;
  if (path === '') return origin; // OPTIONS for the server as a whole
  return `${origin}${prependPath ? base : ''}${path}${query === undefined ? '' : `?${query}`}`;
}

function urlOf(name: string, target: HttpProxyTarget): string {
  if (typeof target === 'string') return withoutUser(name, target);
  if (target instanceof URL) return withoutUser(name, target.href);
  if (typeof target !== 'object' || target === null)
    throw new UsageError(`${name} must be a URL, got ${typeof target}`);
  if (target.socketPath !== undefined) {
    throw new UsageError(`${name}.socketPath: give the client a connector that connects to unix:${target.socketPath}`);
  }
  const { protocol = 'http:', hostname, port, path = target.pathname ?? '' } = target;
  const host = hostname ?? target.host;
  if (host === undefined) throw new UsageError(`${name} must name a host`);
  const hasPort = port === undefined || /:[0-9]+$/.test(host);
  return `${protocol}//${host}${hasPort ? '' : `:${port}`}${path}`;
}

/** http-proxy drops what stands before an @ without a word; somebody meant it. */
function withoutUser(name: string, url: string): string {
  if (/^[a-z]+:\/\/[^/?#]*@/i.test(url)) throw new UsageError(`${name} has a user; http-proxy ignores it: use auth`);
  return url;
}
