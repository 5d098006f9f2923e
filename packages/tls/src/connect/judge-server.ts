import type { X509Certificate } from 'node:crypto';
import { checkServerIdentity } from 'node:tls';
import { tryParseIp } from '@lamella/net-core';
import { isPinned, spkiPin } from '../certificates/spki-pin.ts';
import { subjectAltNames } from '../certificates/subject-alt-names.ts';
import type { TlsErrorCode, TlsErrorOptions } from '../errors.ts';
import { TlsError } from '../errors.ts';
import { verifyConditionOf } from '../failure/conditions.ts';
import { handshakeMessage } from '../failure/to-tls-error.ts';
import type { ServerIdentity } from './server-identity.ts';

/** What a server is judged by. */
export interface ServerTrust {
  /** Pins of which one has to be in the chain; `undefined`: none are asked for. */
  readonly pins: ReadonlySet<string> | undefined;
  /** Who is trusted to sign; asked for only if there are pins. */
  readonly roots: () => readonly X509Certificate[];
  /** Whether there are no roots: the pin of the certificate itself decides. */
  readonly pinsOnly: boolean;
  /** Whether only the key of the certificate itself may be pinned. */
  readonly pinsLeaf: boolean;
  /** Whether the name in the certificate does not matter. */
  readonly skipsName: boolean;
}

/** What a server has shown. */
export interface ServerEvidence {
  readonly certificate: X509Certificate | undefined;
  /** What OpenSSL says of the chain; `undefined`: it is good. */
  readonly verifyCode: string | undefined;
  /** Time of the day, in milliseconds since the Unix epoch. */
  readonly nowMs: number;
}

/**
 * Decides whether a server is who it has to be.
 *
 * @returns Why not, or `undefined` if it is.
 */
export function judgeServer(
  evidence: ServerEvidence,
  trust: ServerTrust,
  identity: ServerIdentity,
): TlsError | undefined {
  const { certificate } = evidence;
  const refuse = (code: TlsErrorCode, why: string, options: TlsErrorOptions = {}): TlsError => {
    const facts = { peer: identity.peer, ...options.facts };
    return new TlsError(code, handshakeMessage(identity.peer, why), { ...options, facts });
  };
  if (certificate === undefined) return refuse('LML_ERR_TLS_NO_CERTIFICATE', 'the server has shown no certificate');
  return (
    (trust.pinsOnly ? judgeDates(evidence, certificate, refuse) : judgeChain(evidence, certificate, refuse)) ??
    (trust.skipsName ? undefined : judgeName(certificate, identity, refuse)) ??
    judgePins(certificate, trust, refuse)
  );
}

type Refuse = (code: TlsErrorCode, why: string, options?: TlsErrorOptions) => TlsError;

function judgeChain(
  { verifyCode }: ServerEvidence,
  certificate: X509Certificate,
  refuse: Refuse,
): TlsError | undefined {
  if (verifyCode === undefined) return undefined;
  const { code, why } = verifyConditionOf(verifyCode);
  const facts = { protocolCode: verifyCode };
  const dates = `valid from ${certificate.validFrom} to ${certificate.validTo}`;
  const detail = DATED.has(code) ? dates : `issued by ${oneLine(certificate.issuer)}`;
  return refuse(code, `${why} (${detail})`, { facts, names: subjectAltNames(certificate.subjectAltName) });
}

/** Without roots OpenSSL finds fault with the chain whatever its dates are; so they are looked at here. */
function judgeDates({ nowMs }: ServerEvidence, certificate: X509Certificate, refuse: Refuse): TlsError | undefined {
  const isEarly = nowMs < Date.parse(certificate.validFrom);
  if (!isEarly && nowMs <= Date.parse(certificate.validTo)) return undefined;
  const { code, why } = verifyConditionOf(isEarly ? 'CERT_NOT_YET_VALID' : 'CERT_HAS_EXPIRED');
  return refuse(code, `${why} (valid from ${certificate.validFrom} to ${certificate.validTo})`);
}

function judgeName(certificate: X509Certificate, { host }: ServerIdentity, refuse: Refuse): TlsError | undefined {
  // OpenSSL compares addresses as numbers, Node as texts, of which IPv6 has many for one address.
  if (tryParseIp(host) !== undefined && certificate.checkIP(host) !== undefined) return undefined;
  const mismatch = checkServerIdentity(host, certificate.toLegacyObject());
  if (mismatch === undefined) return undefined;
  const names = subjectAltNames(certificate.subjectAltName);
  const listed = names.length > 0 ? names.join(', ') : `no name but ${oneLine(certificate.subject)}`;
  const advice = 'connect by one of its names, or give the server a certificate for this one';
  const why = `the certificate is not for ${host}, it has ${shortened(listed)}; ${advice}`;
  return refuse('LML_ERR_TLS_WRONG_HOST', why, { names, cause: mismatch });
}

function judgePins(
  certificate: X509Certificate,
  { pins, pinsOnly, pinsLeaf, roots }: ServerTrust,
  refuse: Refuse,
): TlsError | undefined {
  if (pins === undefined) return undefined;
  const shown = spkiPin(certificate);
  if (pins.has(shown)) return undefined;
  const isLeafOnly = pinsOnly || pinsLeaf;
  if (!isLeafOnly && isPinned(certificate, pins, roots)) return undefined;
  const what = isLeafOnly ? 'the key of the certificate is not pinned' : 'no key in the chain is pinned';
  const why = `${what}; the pin of the certificate is ${shown}, add it to pins if it is meant to be`;
  return refuse('LML_ERR_TLS_PIN_MISMATCH', why);
}

/** @param name - `undefined` where it is empty, whatever the types of Node say. */
function oneLine(name: string | undefined): string {
  return name === undefined ? 'nobody by name' : shortened(name.replaceAll('\n', ', '));
}

/** Names come from the peer, and may be many. */
function shortened(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}...`;
}

const DATED: ReadonlySet<TlsErrorCode> = new Set([
  'LML_ERR_TLS_CERTIFICATE_EXPIRED',
  'LML_ERR_TLS_CERTIFICATE_NOT_YET_VALID',
]);
