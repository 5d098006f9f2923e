import type { HttpRequest } from '@lamella/http';
import { ClientAddress, ForwardedFacts, requestScheme, sensitiveHeadersOf } from '@lamella/http';
import { LocalAddress, PeerAddress } from '@lamella/net-core';
import type { Attributes } from '@opentelemetry/api';
import { cut } from '../shared/cut.ts';
import { ATTR } from '../shared/names.ts';
import { addLocal, addPeer, addressText, hostText } from '../shared/network-attributes.ts';
import { addHeaders } from './header-attributes.ts';
import type { HttpTelemetrySettings } from './http-telemetry-options.ts';
import { addMethod } from './known-methods.ts';
import { redactedQuery } from './redacted-url.ts';
import type { ServerPlace, ServerPlaces } from './server-place.ts';
import { addPlace } from './server-place.ts';

/** The scheme that the client used, as far as trusted proxies tell. */
export function schemeOf(request: HttpRequest): string {
  return request.extensions.get(ForwardedFacts)?.proto ?? requestScheme(request);
}

/** The place that the client went to, as far as trusted proxies tell. */
export function placeOf(request: HttpRequest, scheme: string, places: ServerPlaces): ServerPlace {
  return places.of(scheme, request.extensions.get(ForwardedFacts)?.host ?? request.authority);
}

/** What a server's span says of a request from the begin, so that samplers can choose by it. */
export function serverAttributes(
  request: HttpRequest,
  scheme: string,
  places: ServerPlaces,
  settings: HttpTelemetrySettings,
): Attributes {
  const { extensions, headers, query } = request;
  const attributes: Attributes = {};
  addMethod(attributes, request.method, settings.known);
  attributes[ATTR.urlScheme] = scheme;
  if (request.path !== '') attributes[ATTR.urlPath] = cut(request.path);
  if (query !== undefined && query !== '') attributes[ATTR.urlQuery] = cut(redactedQuery(query, settings.secrets));
  addPlace(attributes, placeOf(request, scheme, places));
  const client = extensions.get(ClientAddress);
  if (client !== undefined) attributes[ATTR.clientAddress] = hostText(client);
  else {
    const peer = extensions.get(PeerAddress);
    if (peer?.type === 'tcp') attributes[ATTR.clientAddress] = addressText(peer);
  }
  const agent = headers.get('user-agent');
  if (agent !== undefined) attributes[ATTR.userAgent] = cut(agent);
  if (settings.requestHeaders.length > 0) {
    addHeaders(attributes, headers, settings.requestHeaders, sensitiveHeadersOf(request));
  }
  return attributes;
}

/** What is of no use to samplers: most requests are not recorded, and need not pay for it. */
export function addServerEnd(attributes: Attributes, { extensions, version }: HttpRequest): void {
  attributes[ATTR.protocolVersion] = version;
  addPeer(attributes, extensions.get(PeerAddress));
  addLocal(attributes, extensions.get(LocalAddress));
}
