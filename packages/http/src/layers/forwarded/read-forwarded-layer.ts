import type { IpAddress } from '@lamella/net-core';
import { isValidAuthority, PeerAddress } from '@lamella/net-core';
import type { Layer } from '@lamella/service-core';
import { splitTokens } from '../../message/field-syntax.ts';
import type { HttpHeaders } from '../../message/http-headers.ts';
import type { HttpRequest } from '../../message/http-request.ts';
import type { HttpResponse } from '../../message/http-response.ts';
import { callInner } from '../shared/call-inner.ts';
import { requireFieldName, requireOneOf } from '../shared/option-checks.ts';
import type { ForwardedElement, ForwardedNode } from './forwarded-element.ts';
import { forwardedNode, parseForwarded } from './forwarded-element.ts';
import type { ForwardedValues } from './forwarded-facts.ts';
import { ClientAddress, ForwardedFacts } from './forwarded-facts.ts';
import { isForwardedField, plainFieldName } from './is-forwarded-field.ts';
import type { HopTrust, TrustedProxies } from './trusted-proxies.ts';
import { hopTrust, ipOf } from './trusted-proxies.ts';

/** Options of {@link readForwardedLayer}. */
export interface ReadForwardedLayerOptions {
  /**
   * Which proxies are believed: a list of addresses, CIDR blocks and `'unix'` (peers over Unix sockets), or the number of proxies in
   * front of this server, at least 0. Required: whoever believes everybody is told anything.
   */
  readonly trusted: TrustedProxies;
  /**
   * Which fields your proxies write. Only those are read: a proxy passes the others on as the client sent them. Default
   * `'x-forwarded'`: X-Forwarded-For, -Host, -Proto, -Port and -Prefix.
   */
  readonly fields?: 'x-forwarded' | 'forwarded';
  /** Field that holds the address of the client alone, such as `'CF-Connecting-IP'` or `'X-Real-IP'`. Default: by `fields`. */
  readonly clientField?: string;
  /**
   * Whether fields that nobody vouches for stay in the request: all of a peer that is not trusted; of a trusted one those that `fields` does
   * not name, and other spellings such as X_Forwarded_For. Default false: they are removed.
   */
  readonly keepsUntrusted?: boolean;
}

/**
 * Finds out who really asked, and how, from what trusted proxies say: {@link ClientAddress} and {@link ForwardedFacts}.
 *
 * @remarks
 * Source: RFC 7239, and custom. The walk starts at the peer of the connection and goes outwards, address by address, as long as each
 * one belongs to a trusted proxy; the first that does not is the client. So what a client writes into such a field itself is never
 * reached. If the peer is not trusted, it is the client, and the fields are removed. If it is, those are removed that it does not write itself,
 * and so passes on as they came (see `keepsUntrusted`). With a number of hops, proxies are not looked at
 * but counted: that is safe only if nobody can get past them.
 *
 * Where the walk meets an address that is none (`unknown`, `_hidden`, malformed), the client is not known: the key stays unset.
 * Scheme, host, port and prefix come from the outermost trusted proxy; each is unset if it is malformed.
 *
 * @throws UsageError or AddressError if an option is out of its range.
 *
 * @example
 * const app = stack(
 *   readForwardedLayer({ trusted: ['10.0.0.0/8', 'unix'] }),
 *   serviceFn((request: HttpRequest) => HttpResponse.text(`hello ${request.extensions.get(ClientAddress)}`)),
 * );
 */
export function readForwardedLayer(options: ReadForwardedLayerOptions): Layer<HttpRequest, HttpResponse> {
  const { fields = 'x-forwarded', clientField, keepsUntrusted = false } = options;
  const trust = hopTrust(options.trusted);
  requireOneOf('fields', fields, ['x-forwarded', 'forwarded']);
  if (clientField !== undefined) requireFieldName('clientField', clientField);
  const plainClientField = clientField === undefined ? undefined : plainFieldName(clientField);
  const isClaim = (name: string): boolean => isForwardedField(name) || plainFieldName(name) === plainClientField;
  const vouched = new Set(WRITTEN[fields]);
  if (clientField !== undefined) vouched.add(clientField.toLowerCase());

  return (inner) => ({
    serve(request) {
      const { extensions } = request;
      const peer = extensions.get(PeerAddress);
      if (!trust.trustsPeer(peer)) {
        const ip = ipOf(peer);
        if (ip !== undefined) extensions.insert(ClientAddress, ip);
        return callInner(inner, keepsUntrusted ? request : withoutClaims(request, isClaim));
      }
      const claims = fields === 'forwarded' ? standardClaims(request.headers) : customClaims(request.headers);
      const { hops, chain, client } = walk(claims.nodes, trust, ipOf(peer));
      const stated = clientField === undefined ? client : statedClient(request.headers, clientField);
      if (stated !== undefined) extensions.insert(ClientAddress, stated);
      extensions.insert(ForwardedFacts, { ...claims.valuesAt(hops), chain });
      const isUntrusted = (name: string): boolean => isClaim(name) && !vouched.has(name.toLowerCase());
      return callInner(inner, keepsUntrusted ? request : withoutClaims(request, isUntrusted));
    },
  });
}

interface Claims {
  /** Who asked whom, the farthest first. */
  readonly nodes: readonly (ForwardedNode | undefined)[];
  /** What the proxy said that is so many hops away. */
  readonly valuesAt: (hops: number) => Omit<ForwardedValues, 'chain'>;
}

interface Walk {
  /** Proxies that are believed. */
  readonly hops: number;
  readonly chain: readonly IpAddress[];
  readonly client: IpAddress | undefined;
}

/** Goes outwards from the peer, which is known to be trusted. */
function walk(nodes: Claims['nodes'], trust: HopTrust, peer: IpAddress | undefined): Walk {
  const chain = peer === undefined ? [] : [peer];
  let client = peer;
  for (let hops = 1; ; hops++) {
    const node = nodes.at(-hops);
    // All of them are proxies: it is the outermost that asks for itself.
    if (hops > nodes.length) return { hops: Math.max(1, hops - 1), chain: chain.toReversed(), client };
    client = node?.ip?.unmapped();
    if (client !== undefined) chain.push(client);
    if (client === undefined || !trust.trusts(hops + 1, client)) return { hops, chain: chain.toReversed(), client };
  }
}

function standardClaims(headers: HttpHeaders): Claims {
  const elements: readonly ForwardedElement[] = parseForwarded(headers.get('forwarded') ?? '') ?? [];
  return {
    nodes: elements.map((element) => element.for),
    valuesAt: (hops) => {
      const element = elements.at(-hops);
      return { proto: validProto(element?.proto), host: validHost(element?.host), port: undefined, prefix: undefined };
    },
  };
}

function customClaims(headers: HttpHeaders): Claims {
  return {
    nodes: splitTokens(headers.get('x-forwarded-for') ?? '').map(forwardedNode),
    valuesAt: (hops) => ({
      proto: validProto(valueAt(headers, 'x-forwarded-proto', hops)?.toLowerCase()),
      host: validHost(valueAt(headers, 'x-forwarded-host', hops)),
      port: validPort(valueAt(headers, 'x-forwarded-port', hops)),
      prefix: validPrefix(valueAt(headers, 'x-forwarded-prefix', hops)),
    }),
  };
}

/** Some proxies append, some replace: a list has a value for each hop, or one that the outermost has written. */
function valueAt(headers: HttpHeaders, name: string, hops: number): string | undefined {
  const values = splitTokens(headers.get(name) ?? '');
  return values.at(-Math.min(hops, values.length));
}

/** More than one address, and nobody knows which is meant. */
function statedClient(headers: HttpHeaders, name: string): IpAddress | undefined {
  return forwardedNode(headers.get(name) ?? '').ip?.unmapped();
}

function withoutClaims(request: HttpRequest, isClaim: (name: string) => boolean): HttpRequest {
  const headers = request.headers.clone();
  headers.deleteWhere(isClaim);
  return headers.size === request.headers.size ? request : request.with({ headers });
}

function validProto(proto: string | undefined): 'http' | 'https' | undefined {
  return proto === 'http' || proto === 'https' ? proto : undefined;
}

function validHost(host: string | undefined): string | undefined {
  return host !== undefined && isValidAuthority(host) ? host : undefined;
}

function validPort(port: string | undefined): number | undefined {
  return port !== undefined && PORT.test(port) && Number(port) <= 65_535 ? Number(port) : undefined;
}

/** Ends up in links and in Location: a second slash in front, or a backslash, would make a host of it. */
function validPrefix(prefix: string | undefined): string | undefined {
  return prefix !== undefined && PREFIX.test(prefix) ? prefix : undefined;
}

/** What proxies write themselves. */
const WRITTEN: Readonly<Record<NonNullable<ReadForwardedLayerOptions['fields']>, readonly string[]>> = {
  forwarded: ['forwarded'],
  'x-forwarded': ['for', 'host', 'proto', 'port', 'prefix'].map((name) => `x-forwarded-${name}`),
};
const PORT = /^[1-9][0-9]{0,4}$/;
const PREFIX = /^(?:\/[A-Za-z0-9\-._~%!$&'()*+;=:@]+)+$/;
