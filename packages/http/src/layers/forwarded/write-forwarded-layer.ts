import { LocalAddress, PeerAddress } from '@lamella/net-core';
import type { Layer } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import type { HttpHeaders } from '../../message/http-headers.ts';
import type { HttpRequest } from '../../message/http-request.ts';
import type { HttpResponse } from '../../message/http-response.ts';
import { callInner } from '../shared/call-inner.ts';
import { requireOneOf } from '../shared/option-checks.ts';
import { formatForwardedElement, forwardedNode } from './forwarded-element.ts';
import { isForwardedField, plainFieldName } from './is-forwarded-field.ts';
import { requestScheme } from './request-scheme.ts';

/** Which fields tell the upstream who asked. */
export type ForwardedFields = 'x-forwarded' | 'forwarded' | 'both' | 'none';

/** Options of {@link writeForwarded} and {@link writeForwardedLayer}. */
export interface WriteForwardedOptions {
  /** Which fields to write. Default `'x-forwarded'`: X-Forwarded-For, -Host, -Proto and -Port. */
  readonly fields?: ForwardedFields;
  /**
   * Whether the client is a proxy whose own such fields are true; then ours are appended. Default false: what it sent is thrown away,
   * since anybody can write such a field. Other spellings, such as X_Forwarded_For, are thrown away in any case: no proxy writes them.
   */
  readonly trustsClient?: boolean;
}

/**
 * Tells the upstream who asked, for which host, and how: X-Forwarded-For, -Host, -Proto and -Port, or Forwarded (RFC 7239).
 *
 * @param headers - Fields that go upstream, as they came from the client; changed in place.
 * @param request - The request as it came; its connection tells the addresses.
 */
export function writeForwarded(headers: HttpHeaders, request: HttpRequest, options: WriteForwardedOptions = {}): void {
  const { fields = 'x-forwarded', trustsClient = false } = options;
  const before = trustsClient ? { for: headers.get('x-forwarded-for'), forwarded: headers.get('forwarded') } : {};
  headers.deleteWhere(trustsClient ? isOddlySpelled : isForwardedField);
  if (fields === 'none') return;

  const peer = request.extensions.get(PeerAddress);
  const client = peer?.type === 'tcp' ? peer.host.toString() : 'unknown';
  const proto = requestScheme(request);
  const host = request.authority;
  if (fields !== 'forwarded') {
    headers.set('X-Forwarded-For', before.for === undefined ? client : `${before.for}, ${client}`);
    if (host !== undefined && !headers.has('x-forwarded-host')) headers.set('X-Forwarded-Host', host);
    if (!headers.has('x-forwarded-proto')) headers.set('X-Forwarded-Proto', proto);
    const local = request.extensions.get(LocalAddress);
    if (local?.type === 'tcp' && !headers.has('x-forwarded-port')) headers.set('X-Forwarded-Port', String(local.port));
  }
  if (fields !== 'x-forwarded') {
    const element = formatForwardedElement({ for: forwardedNode(client), host, proto });
    headers.set('Forwarded', before.forwarded === undefined ? element : `${before.forwarded}, ${element}`);
  }
}

/** What is no such field by its name, but becomes one behind CGI and its kind. */
function isOddlySpelled(name: string): boolean {
  return isForwardedField(name) && plainFieldName(name) !== name.toLowerCase();
}

/**
 * Tells the service inside, usually a client, who asked; see {@link writeForwarded}.
 *
 * @throws UsageError if an option is out of its range.
 *
 * @example
 * const gateway = stack(
 *   writeForwardedLayer({ fields: 'both' }),
 *   serviceFn((request: HttpRequest) => HttpResponse.text(request.headers.get('forwarded') ?? '')),
 * );
 */
export function writeForwardedLayer(options: WriteForwardedOptions = {}): Layer<HttpRequest, HttpResponse> {
  requireOneOf('fields', options.fields ?? 'x-forwarded', ['x-forwarded', 'forwarded', 'both', 'none']);
  if (typeof (options.trustsClient ?? false) !== 'boolean') throw new UsageError('trustsClient must be a boolean');
  return (inner) => ({
    serve(request) {
      const headers = request.headers.clone();
      writeForwarded(headers, request, options);
      return callInner(inner, request.with({ headers }));
    },
  });
}
