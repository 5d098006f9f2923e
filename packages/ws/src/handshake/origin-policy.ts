import type { HttpRequest } from '@lamella/http';
import { defaultPort, tryParseAuthority } from '@lamella/net-core';
import { UsageError } from '@lamella/service-core';

/**
 * Which web pages may open WebSockets.
 *
 * @remarks
 * Browsers let any page connect anywhere, with the cookies of the user, and say in Origin where the page came from. `same-origin`:
 * pages of the same host and port as the request; the scheme may differ, since whoever stands in front may have taken TLS off. A list:
 * pages of these origins, written as browsers do, such as `https://app.example`. `any`: all pages. A function decides by itself.
 * A request without Origin comes from no page, and passes; a function is not asked about it.
 */
export type OriginPolicy =
  | 'same-origin'
  | 'any'
  | readonly string[]
  | ((origin: string, request: HttpRequest) => boolean);

/** Makes the check. @throws UsageError if an origin of a list is none. */
export function originCheck(policy: OriginPolicy): (request: HttpRequest) => boolean {
  if (policy === 'any') return () => true;
  const isAllowed = rule(policy);
  return (request) => {
    const origins = request.headers.getAll('origin');
    const [origin] = origins;
    if (origin === undefined) return true;
    return origins.length === 1 && isAllowed(origin, request);
  };
}

function rule(policy: Exclude<OriginPolicy, 'any'>): (origin: string, request: HttpRequest) => boolean {
  if (policy === 'same-origin') return isSameOrigin;
  // A promise, which a function of JavaScript may give by mistake, is no yes.
  if (typeof policy === 'function') return (origin, request) => policy(origin, request) === true;
  for (const origin of policy) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw new UsageError(`origins must be like https://app.example, got ${JSON.stringify(origin)}`);
    }
  }
  const allowed = new Set(policy);
  return (origin) => allowed.has(origin);
}

function isSameOrigin(origin: string, request: HttpRequest): boolean {
  if (!URL.canParse(origin)) return false; // such as `null`, of a sandboxed page
  const { protocol, hostname, port } = new URL(origin);
  const scheme = protocol.slice(0, -1);
  const authority = tryParseAuthority(request.authority ?? '');
  const own = `${protocol}//${request.authority}`;
  if (authority === undefined || !URL.canParse(own)) return false; // no port stands in a `file:` URL
  const asked = new URL(own);
  return (
    hostname !== '' &&
    hostname === asked.hostname &&
    (Number(port) || defaultPort(scheme)) === (authority.port ?? defaultPort(scheme))
  );
}
