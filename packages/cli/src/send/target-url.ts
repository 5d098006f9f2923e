import { tryParseAuthority } from '@lamella/net-core';
import { CliError, EXIT } from '../cli-error.ts';

/** A URL as it was typed, ready for a request. */
export interface TargetUrl {
  /** Absolute form, without user information and fragment. */
  readonly target: string;
  /** `name:password` from the URL, if there is one. */
  readonly credentials: string | undefined;
}

/**
 * Understands a URL as people type it: without a scheme it is `http`, and `:8080` is on this machine.
 *
 * @throws CliError if it is no URL, or has a scheme that is not supported.
 */
export function targetUrl(text: string): TargetUrl {
  const withHost = text.startsWith(':') ? `127.0.0.1${text}` : text;
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(withHost) ? withHost : `http://${withHost}`;
  const url = URL.parse(withScheme);
  if (url === null) throw notUrl(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    const scheme = url.protocol.slice(0, -1);
    throw new CliError(`the scheme ${scheme} is not supported; http and https are`, EXIT.unsupported);
  }
  // What browsers take for a host is more than what may stand in a request.
  if (tryParseAuthority(url.host) === undefined) throw notUrl(text);
  const isAnybody = url.username === '' && url.password === '';
  return {
    target: `${url.protocol}//${url.host}${url.pathname}${url.search}`,
    credentials: isAnybody ? undefined : `${decoded(url.username)}:${decoded(url.password)}`,
  };
}

function notUrl(text: string): CliError {
  return new CliError(`${JSON.stringify(text)} is not a URL such as http://localhost:8080/path`, EXIT.badUrl);
}

/** A percent sign that encodes nothing stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
