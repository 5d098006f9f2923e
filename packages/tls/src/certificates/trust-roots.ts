import { X509Certificate } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';
import { getCACertificates } from 'node:tls';
import { TlsMaterialError } from '../errors.ts';

/**
 * Roots to trust: those that Node trusts by default, those of the operating system, those that come with Node, or certificates of one's own
 * as PEM (several in one text are fine) or DER.
 */
export type TrustRoots = 'default' | 'system' | 'bundled' | (string & {}) | Uint8Array;

/**
 * What `node:tls` needs to know about whom to trust.
 *
 * @param revocationLists - As PEM, one for each issuer of a chain.
 * @throws TlsMaterialError if a root of one's own is no certificate.
 */
export function trustOptions(
  roots: TrustRoots | readonly TrustRoots[],
  revocationLists: readonly (string | Uint8Array)[] | undefined,
): SecureContextOptions {
  const ca = caOption(roots);
  const crl = revocationLists?.map((list) => (typeof list === 'string' ? list : Buffer.from(list)));
  return {
    ...(ca === undefined ? {} : { ca }),
    // Who puts an intermediate into roots trusts it, whoever has signed it. Lists of revoked certificates need whole chains.
    ...(ca === undefined || crl !== undefined ? {} : { allowPartialTrustChain: true }),
    ...(crl === undefined ? {} : { crl }),
  };
}

/** The certificates that are trusted, all of them. @throws TlsMaterialError if one is none. */
export function rootCertificates(roots: TrustRoots | readonly TrustRoots[]): readonly X509Certificate[] {
  return (caOption(roots) ?? getCACertificates('default')).map(parse);
}

/** @returns `undefined` for the default, which Node then need not parse. */
function caOption(roots: TrustRoots | readonly TrustRoots[]): string[] | undefined {
  const list = typeof roots === 'string' || roots instanceof Uint8Array ? [roots] : roots;
  if (list.length === 1 && list[0] === 'default') return undefined;
  return list.flatMap(pemsOf);
}

function pemsOf(root: TrustRoots): readonly string[] {
  const store = STORES.get(root);
  if (store !== undefined) return getCACertificates(store);
  // OpenSSL takes no notice of what it can't parse, and would trust nobody in silence.
  const text = typeof root === 'string' ? root : Buffer.from(root).toString('latin1');
  const pems = text.match(
    /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]+-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g,
  );
  const certificates = pems ?? (typeof root === 'string' ? [] : [root]);
  if (certificates.length === 0) throw new TlsMaterialError('roots has a text without a certificate in PEM');
  return certificates.map((certificate) => parse(certificate).toString());
}

function parse(certificate: string | Uint8Array): X509Certificate {
  try {
    return new X509Certificate(certificate);
  } catch (error) {
    throw new TlsMaterialError('roots has a certificate that is none', { cause: error });
  }
}

const STORES: ReadonlyMap<TrustRoots, 'default' | 'system' | 'bundled'> = new Map([
  ['default', 'default'],
  ['system', 'system'],
  ['bundled', 'bundled'],
]);
