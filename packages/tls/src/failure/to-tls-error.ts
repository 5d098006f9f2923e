import { isLamellaError } from '@lamella/service-core';
import type { TlsErrorOptions } from '../errors.ts';
import { TlsError, TlsSessionError } from '../errors.ts';
import { alertOf } from './alerts.ts';
import type { Condition } from './conditions.ts';
import { conditionOf } from './conditions.ts';

/**
 * The {@link TlsError} of whatever has ended a handshake.
 *
 * @remarks
 * The rules, in this order: a TlsError stays what it is; an alert of the peer gives its name, and its own code where there is one; what
 * OpenSSL or the system has a known code for gives the code of that table; any other fault that OpenSSL finds is
 * `LML_ERR_TLS_PROTOCOL`; the rest is `LML_ERR_TLS_FAILED`. The original is always the cause.
 *
 * @param peer - The other side, for the message; `undefined` if nobody knows it.
 */
export function toTlsError(error: unknown, peer: string | undefined): TlsError {
  if (error instanceof TlsError) return error;
  const { code, why, alert } = describe(error);
  return new TlsError(code, handshakeMessage(peer, why), { alert, ...optionsFor(error, peer, alert) });
}

/** The {@link TlsSessionError} of whatever has broken a session that stood; the rules are those of {@link toTlsError}. */
export function toTlsSessionError(error: unknown, peer: string | undefined): TlsSessionError {
  if (error instanceof TlsSessionError) return error;
  const { code, why, alert } = describe(error);
  return new TlsSessionError(code, `tls session${withPeer(peer)}: ${why}`, {
    alert,
    ...optionsFor(error, peer, alert),
  });
}

/** What a message about a failed handshake says. */
export function handshakeMessage(peer: string | undefined, why: string): string {
  return `tls handshake${withPeer(peer)}: ${why}`;
}

/** Facts about a failed handshake. */
export function peerFacts(peer: string | undefined): { readonly facts?: { readonly peer: string } } {
  return peer === undefined ? {} : { facts: { peer } };
}

function withPeer(peer: string | undefined): string {
  return peer === undefined ? '' : ` with ${peer}`;
}

function optionsFor(error: unknown, peer: string | undefined, alert: string | undefined): TlsErrorOptions {
  const code = alert ?? codeOf(error);
  const facts = { ...(code === '' ? {} : { protocolCode: code }), ...(peer === undefined ? {} : { peer }) };
  return { cause: error, facts };
}

function describe(error: unknown): Condition & { readonly alert: string | undefined } {
  const message = error instanceof Error ? error.message : String(error);
  const alert = alertOf(message);
  if (alert !== undefined) {
    const why = `the peer refused with the alert ${alert.name}${ADVICE[alert.name] ?? ''}`;
    return { code: alert.code, why, alert: alert.name };
  }
  const known = conditionOf(codeOf(error));
  if (known !== undefined) return { ...known, why: withReason(known.why, error), alert: undefined };
  const why = isLamellaError(error) ? message : message.trim();
  return { code: 'LML_ERR_TLS_FAILED', why: why === '' ? 'failed for no known reason' : why, alert: undefined };
}

/** OpenSSL says in a few words what it found; people who search for them find more. */
function withReason(why: string, error: unknown): string {
  const reason = property(error, 'reason');
  return reason === '' ? why : `${why} (${reason})`;
}

function codeOf(error: unknown): string {
  return property(error, 'code');
}

function property(error: unknown, name: 'code' | 'reason'): string {
  const value = typeof error === 'object' && error !== null ? (error as Record<string, unknown>)[name] : undefined; // an object has properties
  return typeof value === 'string' ? value : '';
}

const ADVICE: Readonly<Record<string, string>> = {
  handshake_failure:
    '; compare versions and ciphers, and whether it has a certificate for the name, or wants one of the client',
  protocol_version: '; both sides have no version of TLS in common, compare minVersion and maxVersion',
  no_application_protocol: '; it speaks none of the protocols that were offered by ALPN',
  unrecognized_name: '; it has no certificate for the name it was asked for',
  certificate_required: '; it wants a certificate of the client',
  bad_certificate: '; it does not take the certificate of this side',
  unsupported_certificate: '; it does not take the kind of certificate of this side',
  certificate_revoked: '; it says that the certificate of this side was revoked',
  certificate_expired: '; it says that the certificate of this side has expired',
  certificate_unknown: '; it does not take the certificate of this side',
  unknown_ca: '; it does not know the issuer of the certificate of this side',
  access_denied: '; it knows this side, and does not let it in',
};
