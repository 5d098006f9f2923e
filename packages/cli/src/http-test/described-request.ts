import type { HttpRequest } from '@lamella/http';
import { HttpResponse, OriginalTarget } from '@lamella/http';
import { PeerAddress, tryParseAuthority } from '@lamella/net-core';
import type { DescribedContent } from './described-content.ts';
import type { NamedValues } from './parameters.ts';
import { badRequest, queryPairs, valuesByName } from './parameters.ts';

/** What there is to say of a request without its content. */
export interface DescribedHead {
  /** Parameters of the query. */
  readonly args: NamedValues;
  /** Fields as they came; a list where a name came more than once. */
  readonly headers: NamedValues;
  /** Address that the request came from. */
  readonly origin: string;
  /** What was asked for. */
  readonly url: string;
}

/** What there is to say of a request. */
export interface DescribedRequest extends DescribedHead, DescribedContent {
  readonly method: string;
}

/** Describes all but the content. */
export function describedHead(request: HttpRequest): DescribedHead {
  return {
    args: valuesByName(queryPairs(request)),
    headers: headersOf(request),
    origin: originOf(request),
    url: urlOf(request),
  };
}

/** The fields of a request. */
export function headersOf({ headers }: HttpRequest): NamedValues {
  return valuesByName(headers);
}

/** The address that a request came from, without the port. */
export function originOf({ extensions }: HttpRequest): string {
  const peer = extensions.get(PeerAddress);
  return peer?.type === 'tcp' ? String(peer.host) : (peer?.type ?? '');
}

/** Scheme, host and port that a request was sent to. @throws ProblemError if that is no host. */
export function baseOf(request: HttpRequest): string {
  const { authority } = request;
  if (authority === undefined || tryParseAuthority(authority) === undefined) throw badRequest('Host is no host');
  return `http://${authority}`;
}

function urlOf(request: HttpRequest): string {
  const target = request.extensions.get(OriginalTarget) ?? request.target;
  return target.startsWith('/') ? `${baseOf(request)}${target}` : target;
}

/** A response in JSON: with a line for each value, unless that many lines would be no help to anybody. */
export function jsonResponse(value: object, headers: Readonly<Record<string, string>> = {}): HttpResponse {
  const compact = JSON.stringify(value);
  const text = compact.length > MAX_INDENTED ? compact : JSON.stringify(value, undefined, 2);
  return HttpResponse.from({ headers: { 'Content-Type': 'application/json', ...headers }, body: `${text}\n` });
}

const MAX_INDENTED = 65_536;
