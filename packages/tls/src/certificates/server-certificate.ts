import { X509Certificate } from 'node:crypto';
import { TlsMaterialError } from '../errors.ts';
import type { KeyPair } from './key-pair.ts';
import { isTableName } from './name-table.ts';
import { subjectAltNames } from './subject-alt-names.ts';

/** A certificate of a server, with its key. */
export interface ServerCertificate extends KeyPair {
  /** Names that it is shown for: host names, wildcards such as `*.example.com`, IP addresses. Default: the ones that it has. */
  readonly names?: readonly string[];
  /** OCSP response to staple for clients that ask for one, as DER, or how to get it; `undefined`: none. Default: none. */
  readonly ocspResponse?: Uint8Array | (() => Promise<Uint8Array | undefined>);
}

/** Gives the certificate for a name: a `CertificateStore`, files that are read anew, or something that makes them on demand. */
export interface CertificateSource {
  /**
   * Finds the certificate to show.
   *
   * @param serverName - What the client asks for, in lower case; `undefined` if it did not say.
   * @returns The same object again for the same certificate; `undefined` if there is none: the handshake fails then.
   */
  certificateFor(
    serverName: string | undefined,
  ): ServerCertificate | undefined | Promise<ServerCertificate | undefined>;
}

/** Names for which a server may show a certificate: those it was given, else its DNS names and IP addresses. @throws TlsMaterialError if it is none. */
export function namesOf(certificate: ServerCertificate): readonly string[] {
  if (certificate.names !== undefined) return certificate.names;
  return subjectAltNames(leafOf(certificate).subjectAltName).flatMap((name) => {
    const [type, value] = [name.slice(0, name.indexOf(':')), name.slice(name.indexOf(':') + 1)];
    return (type === 'DNS' || type === 'IP Address') && isTableName(value) ? [value] : [];
  });
}

/** The certificate itself, without those above it. @throws TlsMaterialError if it is none. */
export function leafOf({ cert }: KeyPair): X509Certificate {
  try {
    return new X509Certificate(cert);
  } catch (error) {
    throw new TlsMaterialError('a certificate of the server is no certificate in PEM', { cause: error });
  }
}
