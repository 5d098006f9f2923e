import type { X509Certificate } from 'node:crypto';

/**
 * The certificate of whoever has signed another one.
 *
 * @param roots - Those that are trusted: servers mostly don't send the one that their chain ends in.
 * @returns `undefined` if it is not known, is the very same, or has not really signed: names alone can be forged.
 */
export function issuerOf(
  certificate: X509Certificate,
  roots: () => readonly X509Certificate[],
): X509Certificate | undefined {
  const issuer: X509Certificate | undefined = certificate.issuerCertificate ?? rootOf(certificate, roots());
  if (issuer === undefined || issuer.fingerprint256 === certificate.fingerprint256) return undefined;
  return hasSigned(issuer, certificate) ? issuer : undefined;
}

function rootOf(certificate: X509Certificate, roots: readonly X509Certificate[]): X509Certificate | undefined {
  return roots.find((root) => certificate.checkIssued(root) && hasSigned(root, certificate));
}

function hasSigned(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return issuer.ca && certificate.verify(issuer.publicKey);
}
