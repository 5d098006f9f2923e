import type { AbortScope } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import { multipartBody } from '../../client/requests/multipart.ts';
import type { BodyChunk } from '../../message/body-source.ts';
import { HttpBody } from '../../message/http-body.ts';
import { HttpHeaders } from '../../message/http-headers.ts';
import type { InformationalResponse } from '../../message/http-request.ts';
import { HttpRequest } from '../../message/http-request.ts';
import { pairsOf } from './dispatch-fields.ts';
import type { DispatchOptions } from './dispatch-types.ts';

/** The request that the options of a `dispatch` describe. @throws UsageError if they describe none. */
export function dispatchRequest(
  options: DispatchOptions,
  scope: AbortScope,
  onInformational: (response: InformationalResponse) => void,
): HttpRequest {
  const { method, upgrade } = options;
  const headers = HttpHeaders.from(pairsOf(options.headers));
  const body = bodyOf(options.body, headers);
  headers.delete('content-length'); // counted here
  headers.delete('transfer-encoding');
  if (typeof upgrade === 'string') {
    headers.set('Connection', 'upgrade');
    headers.set('Upgrade', upgrade);
  }
  return HttpRequest.from({ method, target: targetOf(options), headers, body, onInformational }).fork({ scope });
}

function targetOf({ origin, path, method, query }: DispatchOptions): string {
  if (method === 'CONNECT') return path.startsWith('/') ? new URL(String(origin)).host : path;
  if (/^https?:\/\//i.test(path)) return withQuery(path, query);
  if (origin === undefined) throw new UsageError('a dispatch needs an origin, or a whole URL as its path');
  const start = String(origin).replace(/\/$/, '');
  // RFC 9112 section 3.2.4: a URL without a path stands for the server as a whole.
  return path === '*' && method === 'OPTIONS' ? start : withQuery(`${start}${path}`, query);
}

function withQuery(target: string, query: DispatchOptions['query']): string {
  const pairs = Object.entries(query ?? {}).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map(
      (each) => `${encodeURIComponent(name)}=${encodeURIComponent(String(each ?? ''))}`,
    ),
  );
  return pairs.length === 0 ? target : `${target}${target.includes('?') ? '&' : '?'}${pairs.join('&')}`;
}

function bodyOf(body: unknown, headers: HttpHeaders): HttpBody {
  if (body === null || body === undefined) return HttpBody.empty;
  if (typeof body === 'string' || body instanceof Uint8Array) return HttpBody.from(body);
  if (body instanceof ArrayBuffer) return HttpBody.from(new Uint8Array(body));
  if (ArrayBuffer.isView(body)) return HttpBody.from(new Uint8Array(body.buffer, body.byteOffset, body.byteLength));
  if (isFormData(body)) {
    const { body: form, contentType } = multipartBody(body);
    if (!headers.has('content-type')) headers.append('Content-Type', contentType);
    return form;
  }
  if (body instanceof Blob) {
    if (body.type !== '' && !headers.has('content-type')) headers.append('Content-Type', body.type);
    return HttpBody.from(body.stream(), { size: body.size });
  }
  const size = headers.get('content-length');
  // `from` looks whether it is an iterable.
  return HttpBody.from(body as AsyncIterable<BodyChunk>, size === undefined ? {} : { size: sizeOf(size) });
}

function sizeOf(text: string): number {
  if (!/^[0-9]{1,15}$/.test(text)) throw new UsageError('Content-Length must be a number');
  return Number(text);
}

/** Of whichever implementation: undici has one of its own. */
function isFormData(body: object): body is FormData {
  return Object.prototype.toString.call(body) === '[object FormData]' && 'entries' in body;
}
