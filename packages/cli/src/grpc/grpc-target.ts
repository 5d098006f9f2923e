import type { Address } from '@lamella/net-core';
import { parseAddress } from '@lamella/net-core';
import { CliError, EXIT } from '../cli-error.ts';
import { targetUrl } from '../send/target-url.ts';

/** Where calls go. */
export interface GrpcTarget {
  /** As `grpcClient` wants it: scheme, authority, and a path before that of the methods. */
  readonly url: string;
  /** The socket to dial in place of the host of the URL. */
  readonly dial?: Address;
}

/**
 * Understands a URL as people type it: `https://` is TLS, `http://` or nothing in front is in clear, `:8080` is a port of this machine, and
 * `unix:/path` a socket of it.
 *
 * @throws CliError if it is none.
 */
export function grpcTarget(text: string): GrpcTarget {
  if (/^unix:/i.test(text)) {
    try {
      return { url: 'http://localhost', dial: parseAddress(text.replace(/^unix:(?:\/\/(?=\/))?/i, 'unix:')) };
    } catch (cause) {
      throw new CliError(`${JSON.stringify(text)} is not the path of a socket`, EXIT.badUrl, { cause });
    }
  }
  const { target, credentials } = targetUrl(text);
  if (credentials !== undefined) throw new CliError("use -H 'authorization: ...' for credentials", EXIT.usage);
  if (target.includes('?')) throw new CliError(`${JSON.stringify(text)}: a query has no place here`, EXIT.badUrl);
  return { url: target.replace(/\/$/, '') };
}
