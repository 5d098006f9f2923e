import type { TcpAddress } from '@lamella/net-core';
import { defaultPort, formatAuthority, parseAuthority } from '@lamella/net-core';
import { UsageError } from '@lamella/service-core';
import type { HttpRequest } from '../message/http-request.ts';

/** Where a request goes. */
export interface Origin {
  readonly scheme: 'http' | 'https';
  readonly address: TcpAddress;
  /** Scheme, host and port. */
  readonly key: string;
}

/** Reads where a request goes. @throws UsageError if its target does not say. */
export function originOf(request: HttpRequest): Origin {
  const { scheme, authority, form } = request.parsedTarget;
  if (authority === undefined || (form === 'absolute' && scheme !== 'http' && scheme !== 'https')) {
    const example = 'a client needs a whole URL, such as http://example.com/';
    throw new UsageError(`${request.method} ${request.target.slice(0, 100)}: ${example}`);
  }
  return scheme === 'https'
    ? knownOrigin(secureOrigins, 'https', authority)
    : knownOrigin(plainOrigins, 'http', authority);
}

function knownOrigin(known: Map<string, Origin>, scheme: 'http' | 'https', authority: string): Origin {
  const found = known.get(authority);
  if (found !== undefined) return found;
  const { host, port = defaultPort(scheme) ?? 80 } = parseAuthority(authority);
  const key = `${scheme}://${formatAuthority({ host, port })}`;
  const origin: Origin = { scheme, address: { type: 'tcp', host, port }, key };
  if (known.size >= MAX_KNOWN_ORIGINS) known.clear();
  known.set(authority, origin);
  return origin;
}

/** Origins by their authority as written, so that a busy client parses each of them once. */
const plainOrigins = new Map<string, Origin>();
const secureOrigins = new Map<string, Origin>();
const MAX_KNOWN_ORIGINS = 1_000;
