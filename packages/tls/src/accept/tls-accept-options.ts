import type { Lifecycle } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import type { CertificateSource, ServerCertificate } from '../certificates/server-certificate.ts';
import type { TrustRoots } from '../certificates/trust-roots.ts';
import type { TlsOptions } from '../shared/tls-options.ts';
import { checkAlpn, checkTlsOptions } from '../shared/tls-options.ts';
import type { SessionTicketKeys } from './session-ticket-keys.ts';

/** How a server asks clients for certificates. */
export interface ClientAuthOptions {
  /**
   * `require`: who shows no certificate, or one that is no good, is refused. `request`: everybody is served, and `PeerCertificate` tells
   * what was shown and whether it is to be believed.
   */
  readonly mode: 'request' | 'require';
  /** Who may sign certificates of clients. There is no default: the roots of the web are no list of people. */
  readonly roots: TrustRoots | readonly TrustRoots[];
  /** Lists of revoked certificates, as PEM, one for each issuer of a chain. Default: none are looked at. */
  readonly revocationLists?: readonly (string | Uint8Array)[];
}

/** Options of `tlsAcceptLayer`. */
export interface TlsAcceptOptions extends TlsOptions {
  /** What the server shows: one certificate, several that are chosen by name, or whatever finds one by name. */
  readonly certificates: ServerCertificate | readonly ServerCertificate[] | CertificateSource;
  /**
   * Protocols that are spoken, the preferred one first. A client that offers others only is refused with the alert
   * `no_application_protocol`; one that offers none is served. Default: ALPN takes no part.
   */
  readonly alpn?: readonly string[];
  /** Asks clients for certificates. Default: nobody is asked. */
  readonly clientAuth?: ClientAuthOptions;
  /** The key of session tickets, for servers that share it. Default: a random one of this layer. */
  readonly ticketKeys?: SessionTicketKeys;
  /**
   * Where handshakes take part in draining: clients that have sent nothing for a second are let go, others finish within the grace, and so do those
   * that wait for their turn. Default: nowhere, and a drain waits for them for up to `timeoutMs`.
   */
  readonly lifecycle?: Lifecycle;
  /**
   * Most handshakes at a time, an integer from 1 or `Infinity`; others wait for at most `timeoutMs`, by turns for each IPv4 address, or network
   * of IPv6 (/64), that they come from. While some do, a client that has been waited for a tenth of `timeoutMs` is let go. Default 1_024.
   */
  readonly maxConcurrentHandshakes?: number;
  /**
   * Most connections that wait for their handshake, an integer from 0 or `Infinity`; more are closed, those first that come from where most of them
   * do. Default 4_096.
   */
  readonly maxWaitingHandshakes?: number;
}

/** Checks options of `tlsAcceptLayer`. @throws UsageError if one is out of its range. */
export function checkTlsAcceptOptions(options: TlsAcceptOptions): void {
  checkTlsOptions(options);
  const {
    certificates,
    alpn = [],
    clientAuth,
    maxConcurrentHandshakes = 1_024,
    maxWaitingHandshakes = 4_096,
  } = options;
  checkAlpn(alpn);
  if (typeof certificates !== 'object' || certificates === null) throw new UsageError('certificates are missing');
  if (!isCount(maxConcurrentHandshakes, 1)) {
    throw new UsageError(`maxConcurrentHandshakes must be an integer >= 1 or Infinity, got ${maxConcurrentHandshakes}`);
  }
  if (!isCount(maxWaitingHandshakes, 0)) {
    throw new UsageError(`maxWaitingHandshakes must be an integer >= 0 or Infinity, got ${maxWaitingHandshakes}`);
  }
  if (clientAuth === undefined) return;
  const { mode, roots } = clientAuth;
  if (mode !== 'request' && mode !== 'require') throw new UsageError(`mode must be request or require, got ${mode}`);
  const hasRoots = Array.isArray(roots) ? roots.length > 0 : roots !== undefined;
  if (!hasRoots) throw new UsageError('clientAuth needs roots: who may sign certificates of clients');
}

function isCount(value: number, least: number): boolean {
  return value === Number.POSITIVE_INFINITY || (Number.isSafeInteger(value) && value >= least);
}
