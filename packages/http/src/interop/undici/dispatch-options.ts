import { UsageError } from '@lamella/service-core';
import type { HttpBody } from '../../message/http-body.ts';
import type { HttpRequest } from '../../message/http-request.ts';
import type { DispatchOptions } from './dispatch-types.ts';

/** What undici's `dispatch` needs to know of a request. @throws UsageError if it does not say where it goes. */
export function dispatchOptions(request: HttpRequest): DispatchOptions {
  const { method, headers, body, authority } = request;
  const { form, scheme = 'http', path, query } = request.parsedTarget;
  if (authority === undefined) throw new UsageError('the request says no host: give a whole URL or a Host header');
  // RFC 9112 section 3.2.4: a URL without a path stands for the server as a whole. undici sends no `*`, but that.
  const isWhole = method === 'OPTIONS' && (path === '*' || (path === '' && query === undefined));
  const start = isWhole ? `${scheme}://${authority}` : path === '' ? '/' : path;
  const upgrade = headers.get('upgrade');
  const fields: string[] = [];
  for (const [name, value] of headers) if (!OWN.has(name.toLowerCase())) fields.push(name, value);
  const content = contentOf(body);
  if (
    typeof content === 'object' &&
    content !== null &&
    !(content instanceof Uint8Array) &&
    body.sizeOnWire !== undefined
  ) {
    fields.push('Content-Length', String(body.sizeOnWire));
  }
  return {
    origin: `${scheme}://${authority}`,
    path: form === 'authority' ? request.target : query === undefined ? start : `${start}?${query}`,
    method,
    headers: fields,
    body: content,
    ...(upgrade === undefined ? {} : { upgrade }),
  };
}

/** What is at hand goes whole; anything else is pulled chunk by chunk. */
function contentOf(body: HttpBody): Uint8Array | string | AsyncIterable<Uint8Array> | null {
  if (body.isEmpty) return null;
  // A generator, not the body itself: undici takes anything with a `read` for a stream of Node.js, and reads ahead.
  return body.takeWhole() ?? body[Symbol.asyncIterator]();
}

/** Fields that undici sets by itself, or refuses. */
const OWN: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);
