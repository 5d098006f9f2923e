import type { ExtensionKey, Layer } from '@lamella/service-core';
import { extensionKey, UsageError } from '@lamella/service-core';
import type { HttpHeaders } from '../../message/http-headers.ts';
import type { HttpRequest } from '../../message/http-request.ts';
import type { HttpResponse } from '../../message/http-response.ts';
import { callInner } from '../shared/call-inner.ts';
import { requireFieldName } from '../shared/option-checks.ts';

/**
 * Names of the header fields, in lower case, whose values must not be written down for this request and its response. Where there is
 * none, {@link defaultSensitiveHeaders} counts; see {@link sensitiveHeadersOf}.
 */
export const SensitiveHeaders: ExtensionKey<ReadonlySet<string>, 'request'> = extensionKey('http/sensitive-headers', {
  scope: 'request',
});

/** Names of header fields, in lower case, that are sensitive for every request: they hold credentials, or stand for them. */
export const defaultSensitiveHeaders: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'authentication-info',
  'proxy-authentication-info',
  'cookie',
  'set-cookie',
  'api-key',
  'x-api-key',
  'x-goog-api-key',
  'x-amz-security-token',
  'private-token',
  'x-auth-token',
  'x-csrf-token',
  'x-xsrf-token',
]);

/** Options of {@link sensitiveHeadersLayer}. */
export interface SensitiveHeadersLayerOptions {
  /** Names of header fields, in any case; they come on top of {@link defaultSensitiveHeaders}. */
  readonly names: readonly string[];
}

/**
 * Marks header fields, of requests and responses, as ones whose values must not be written down.
 *
 * @remarks
 * Nothing is changed in the messages. Whoever writes messages down further inside or outside, such as an access log, a HAR recorder, a
 * trace or an export as a curl command, leaves these values out. Layers add up: inner ones see the names of outer ones too.
 *
 * @throws UsageError if a name is no header name.
 *
 * @example
 * const service = stack(sensitiveHeadersLayer({ names: ['X-Session'] }), serviceFn((request: HttpRequest) => HttpResponse.text(request.path)));
 */
export function sensitiveHeadersLayer(options: SensitiveHeadersLayerOptions): Layer<HttpRequest, HttpResponse> {
  if (!Array.isArray(options.names)) throw new UsageError('names must be a list of header names');
  for (const name of options.names) requireFieldName('names', name);
  const own = options.names.map((name) => name.toLowerCase());
  const names: ReadonlySet<string> = new Set([...defaultSensitiveHeaders, ...own]);

  return (inner) => ({
    serve(request) {
      const known = request.extensions.get(SensitiveHeaders);
      request.extensions.insert(SensitiveHeaders, known === undefined ? names : new Set([...known, ...own]));
      return callInner(inner, request);
    },
  });
}

/**
 * The names of the header fields, in lower case, whose values must not be written down for a request and its response.
 *
 * @example
 * sensitiveHeadersOf(HttpRequest.from({ target: 'http://a.test/' })).has('cookie'); // true
 */
export function sensitiveHeadersOf(request: HttpRequest): ReadonlySet<string> {
  return request.extensions.get(SensitiveHeaders) ?? defaultSensitiveHeaders;
}

/**
 * The fields of a message as pairs, for writing them down: sensitive values are replaced by {@link REDACTED}.
 *
 * @param names - In lower case, as {@link sensitiveHeadersOf} gives them.
 *
 * @example
 * redactedHeaders(HttpHeaders.from({ Cookie: 'a=b' })); // [['Cookie', '[redacted]']]
 */
export function redactedHeaders(
  headers: HttpHeaders,
  names: ReadonlySet<string> = defaultSensitiveHeaders,
): [name: string, value: string][] {
  return Array.from(headers, ([name, value]) => [name, names.has(name.toLowerCase()) ? REDACTED : value]);
}

/** What is written instead of a sensitive value. */
export const REDACTED = '[redacted]';
