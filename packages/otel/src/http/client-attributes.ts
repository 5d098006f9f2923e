import type { HttpRequest, HttpResponse } from '@lamella/http';
import { sensitiveHeadersOf } from '@lamella/http';
import type { Attributes } from '@opentelemetry/api';
import { cut } from '../shared/cut.ts';
import { ATTR } from '../shared/names.ts';
import { addPeer } from '../shared/network-attributes.ts';
import { EgressPeerAddress } from './foreign-keys.ts';
import { addHeaders } from './header-attributes.ts';
import type { HttpTelemetrySettings } from './http-telemetry-options.ts';
import { addMethod } from './known-methods.ts';
import { redactedUrl } from './redacted-url.ts';
import type { ServerPlace } from './server-place.ts';
import { addPlace } from './server-place.ts';

/** What a client's span says of a request from the begin. */
export function clientAttributes(
  request: HttpRequest,
  place: ServerPlace,
  resends: number,
  settings: HttpTelemetrySettings,
): Attributes {
  const { method, target, headers, parsedTarget } = request;
  const attributes: Attributes = {};
  addMethod(attributes, method, settings.known);
  addPlace(attributes, place);
  attributes[ATTR.urlFull] = cut(redactedUrl(target, settings.secrets));
  if (parsedTarget.scheme !== undefined) attributes[ATTR.urlScheme] = parsedTarget.scheme;
  if (resends > 0) attributes[ATTR.resendCount] = resends;
  const agent = headers.get('user-agent');
  if (agent !== undefined) attributes[ATTR.userAgent] = cut(agent);
  if (settings.requestHeaders.length > 0) {
    addHeaders(attributes, headers, settings.requestHeaders, sensitiveHeadersOf(request));
  }
  return attributes;
}

/** What is known of the connection when the response has come. */
export function connectedAttributes({ extensions, version }: HttpResponse): Attributes {
  const attributes: Attributes = { [ATTR.protocolVersion]: version };
  addPeer(attributes, extensions.get(EgressPeerAddress));
  return attributes;
}
