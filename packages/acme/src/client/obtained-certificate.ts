import { createPrivateKey, X509Certificate } from 'node:crypto';
import { tryParseIp } from '@lamella/net-core';
import type { KeyPair } from '@lamella/tls';
import { AcmeError } from '../errors.ts';

/** A certificate from an authority, with its key. */
export interface AcmeCertificate extends KeyPair {
  /** The certificate and the intermediates above it, as PEM. */
  readonly cert: string;
  /** Its private key, as PEM (PKCS #8). */
  readonly key: string;
  /** Names that were asked for. */
  readonly names: readonly string[];
  /** When it becomes valid, in milliseconds since the Unix epoch. */
  readonly validFromMs: number;
  /** When it expires, in milliseconds since the Unix epoch. */
  readonly validToMs: number;
}

/**
 * Takes what a server has sent for a certificate.
 *
 * @throws AcmeError `LML_ERR_ACME_BAD_CERTIFICATE` if it is none, has another key or lacks a name, has expired, or comes with more than
 * certificates.
 */
export function obtainedCertificate(
  pem: string,
  key: string,
  names: readonly string[],
  nowMs: number,
): AcmeCertificate {
  const text = pem.replaceAll('\r\n', '\n').trim();
  const pems = text.match(CERTIFICATE) ?? [];
  if (pems.length === 0) throw bad('it is none in PEM');
  if (pems.length > MAX_CHAIN) throw bad(`it comes with ${pems.length} others`);
  // RFC 8555 section 9.1: a client that stores it as it came must not store a key or anything else with it.
  if (text.replace(CERTIFICATE, '').trim() !== '') throw bad('something else stands beside it');
  const [leaf] = pems.map(parsed);
  if (leaf === undefined || !leaf.checkPrivateKey(createPrivateKey(key))) throw bad('it is for another key');
  const missing = names.filter((name) => !isNamed(leaf, name));
  if (missing.length > 0) throw bad(`it is not for ${missing.join(', ')}`);
  const [validFromMs, validToMs] = [Date.parse(leaf.validFrom), Date.parse(leaf.validTo)];
  if (!(validToMs > nowMs)) throw bad(`it has expired on ${leaf.validTo}`);
  return { cert: `${pems.join('\n')}\n`, key, names, validFromMs, validToMs };
}

function parsed(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw bad('it can not be read', cause);
  }
}

function isNamed(certificate: X509Certificate, name: string): boolean {
  if (name.startsWith('*.')) return certificate.subjectAltName?.split(', ').includes(`DNS:${name}`) === true;
  return (
    (tryParseIp(name) === undefined ? certificate.checkHost(name, { subject: 'never' }) : certificate.checkIP(name)) !==
    undefined
  );
}

function bad(why: string, cause?: unknown): AcmeError {
  const message = `the certificate of the authority can't be used: ${why}`;
  return new AcmeError('LML_ERR_ACME_BAD_CERTIFICATE', message, cause === undefined ? {} : { cause });
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const MAX_CHAIN = 10;
