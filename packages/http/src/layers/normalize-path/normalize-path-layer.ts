import type { ExtensionKey, Layer } from '@lamella/service-core';
import { extensionKey } from '@lamella/service-core';
import type { HttpRequest } from '../../message/http-request.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { callInner } from '../shared/call-inner.ts';
import { requireOneOf } from '../shared/option-checks.ts';
import { normalizePath } from './normalize-path.ts';

/** The target of a request as it came, if `normalizePathLayer` has changed it. */
export const OriginalTarget: ExtensionKey<string, 'request'> = extensionKey('http/original-target', {
  scope: 'request',
});

/** Options of {@link normalizePathLayer}. */
export interface NormalizePathLayerOptions {
  /** What becomes of a slash at the end of a path other than `/`. Default `'keep'`. */
  readonly trailingSlash?: 'keep' | 'remove' | 'add';
  /** What becomes of several slashes in a row. Default `'merge'`. */
  readonly duplicateSlashes?: 'merge' | 'keep';
  /** Whether the inner service gets the changed path, or the client is sent there with 308. Default `'rewrite'`. */
  readonly mode?: 'rewrite' | 'redirect';
}

/**
 * Gives the inner service paths that are spelled in one way, so that what is decided by path can't be got round by another spelling.
 *
 * @remarks
 * RFC 3986 section 6.2.2: encodings of letters, digits and `-._~` are decoded, all others get capitals and stay (`%2F` is never a slash),
 * characters that no path may hold are encoded (a backslash becomes `%5C`), then slashes are merged and dot segments resolved. A malformed
 * percent-encoding, and `%00`, are answered with 400. The query stays as it is, as do `*` and targets of CONNECT.
 *
 * Put it outside of everything that looks at the path: what stands outside of it, or in a proxy in front, sees the path as it came.
 *
 * @throws UsageError if an option is none of its choices.
 *
 * @example
 * const service = stack(
 *   normalizePathLayer({ trailingSlash: 'remove' }),
 *   serviceFn((request: HttpRequest) => HttpResponse.text(request.path)), // '/a/c' for '/a/b/%2e%2E//c/'
 * );
 */
export function normalizePathLayer(options: NormalizePathLayerOptions = {}): Layer<HttpRequest, HttpResponse> {
  const { trailingSlash = 'keep', duplicateSlashes = 'merge', mode = 'rewrite' } = options;
  requireOneOf('trailingSlash', trailingSlash, ['keep', 'remove', 'add']);
  requireOneOf('duplicateSlashes', duplicateSlashes, ['merge', 'keep']);
  requireOneOf('mode', mode, ['rewrite', 'redirect']);
  const rules = { trailingSlash, mergesSlashes: duplicateSlashes === 'merge' };

  return (inner) => ({
    serve(request) {
      const { form, path, query } = request.parsedTarget;
      if (form === 'authority' || form === 'asterisk') return callInner(inner, request);
      const given = path === '' ? '/' : path;
      const normal = normalizePath(given, rules);
      if (normal === undefined) return Promise.resolve(HttpResponse.text('400 Bad Request\n', { status: 400 }));
      if (normal === given) return callInner(inner, request);
      const target = `${normal}${query === undefined ? '' : `?${query}`}`;
      if (mode === 'redirect') return Promise.resolve(redirectTo(target));
      request.extensions.insert(OriginalTarget, request.target);
      return callInner(inner, request.with({ target: `${originOf(request)}${target}` }));
    },
  });
}

/** What stands in front of the path of an absolute target, as it came. */
function originOf({ target, parsedTarget: { form, authority = '' } }: HttpRequest): string {
  return form === 'absolute' ? target.slice(0, target.indexOf('://') + 3 + authority.length) : '';
}

function redirectTo(target: string): HttpResponse {
  // `//host/` names another host. RFC 3986 section 4.2 has a dot segment for that.
  const location = target.startsWith('//') ? `/.${target}` : target;
  return HttpResponse.text('308 Permanent Redirect\n', { status: 308, headers: { Location: location } });
}
