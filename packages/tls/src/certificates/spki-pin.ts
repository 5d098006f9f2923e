import type { X509Certificate } from 'node:crypto';
import { createHash } from 'node:crypto';
import { UsageError } from '@lamella/service-core';
import { issuerOf } from './issuer-of.ts';

/**
 * The pin of the key in a certificate: SHA-256 over its SubjectPublicKeyInfo, in base64.
 *
 * @remarks
 * A pin outlives the certificate as long as its key stays the same. curl writes it `sha256//...`.
 *
 * @example
 * // const pin = spkiPin(new X509Certificate(await readFile('server.pem'))); // 'jQJTbIh0grw0/1TkHSumWb+Fs0Ggogr621gT3PvPKG0='
 */
export function spkiPin(certificate: X509Certificate): string {
  const spki = certificate.publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(spki).digest('base64');
}

/** The pins that an option names, each as {@link spkiPin} writes them. @throws UsageError if one is none. */
export function parsePins(pins: readonly string[]): ReadonlySet<string> {
  return new Set(
    pins.map((pin) => {
      const base64 = pin.replace(/^sha256\/\/?/, '');
      if (!/^[A-Za-z0-9+/]{43}=$/.test(base64)) throw new UsageError(`a pin is 44 characters of base64, got ${pin}`);
      return base64;
    }),
  );
}

/**
 * Whether the certificate, or an issuer in its chain, has a pinned key.
 *
 * @remarks
 * Each step up is believed only if the issuer's key has really signed what is below: names alone can be forged.
 *
 * @param roots - Those that are trusted: servers mostly don't send the one that their chain ends in.
 */
export function isPinned(
  certificate: X509Certificate,
  pins: ReadonlySet<string>,
  roots: () => readonly X509Certificate[],
): boolean {
  let current: X509Certificate | undefined = certificate;
  for (let depth = 0; depth < MAX_DEPTH && current !== undefined; depth++) {
    if (pins.has(spkiPin(current))) return true;
    current = issuerOf(current, roots);
  }
  return false;
}

/** No chain of the web is longer; OpenSSL itself stops at 100. */
const MAX_DEPTH = 16;
