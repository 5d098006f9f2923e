import type { HttpHeaders } from '@lamella/http';
import { CliError, EXIT } from '../cli-error.ts';
import { targetUrl } from './target-url.ts';

/** Where a request goes next. */
export interface Redirect {
  /** A whole URL. */
  readonly target: string;
  readonly method: string;
  /** Whether the content goes along. */
  readonly keepsContent: boolean;
}

/**
 * Where a response redirects to, or `undefined` if it does not.
 *
 * @remarks
 * RFC 9110 section 15.4, as browsers do it: 303, and 301 and 302 in answer to POST, go on as GET without content; all else goes on
 * as it was.
 *
 * @param target - The URL that was asked for, against which Location is resolved.
 * @throws CliError if it leads to where no request can go.
 */
export function redirectOf(
  { status, headers }: { readonly status: number; readonly headers: HttpHeaders },
  method: string,
  target: string,
): Redirect | undefined {
  const location = headers.get('location');
  if (!REDIRECTS.has(status) || location === undefined) return undefined;
  const url = URL.parse(escaped(location), target);
  if (url === null) {
    throw new CliError(`the server redirects to ${JSON.stringify(location)}, which is no URL`, EXIT.badUrl);
  }
  const becomesGet = status === 303 ? method !== 'HEAD' && method !== 'GET' : status < 303 && method === 'POST';
  return {
    target: targetUrl(url.href).target,
    method: becomesGet ? 'GET' : method,
    keepsContent: !becomesGet && status !== 303,
  };
}

/** What is not ASCII came as bytes, one character each, of which UTF-8 is made of already. */
function escaped(location: string): string {
  return location.replaceAll(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Whether two URLs have the same scheme, host and port. */
export function isSameOrigin(target: string, other: string): boolean {
  return new URL(target).origin === new URL(other).origin;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
