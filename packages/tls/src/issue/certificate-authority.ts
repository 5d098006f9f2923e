import type { KeyObject, X509Certificate } from 'node:crypto';
import { UsageError } from '@lamella/service-core';
import type { CertificateSubject } from './distinguished-name.ts';
import { distinguishedName } from './distinguished-name.ts';
import type { NameConstraints } from './extensions.ts';
import { authorityConstraints, authorityKeyUsage, nameConstraints, subjectKeyIdentifier } from './extensions.ts';
import type { IssuedCertificate, IssueOptions } from './issued-certificate.ts';
import { IssuingAuthority } from './issuing-authority.ts';
import type { MirrorOptions } from './mirrored-content.ts';
import { toPem } from './pem.ts';
import { signCertificate } from './sign-certificate.ts';
import { generateKey, keyIdentifier, signingKey } from './signing-key.ts';
import type { Validity, ValidityOptions } from './validity.ts';
import { validityOf } from './validity.ts';

/** What an authority is to be. */
export interface CertificateAuthorityOptions extends ValidityOptions {
  /** Whom its certificate names; at least one part. Default `{ commonName: 'Lamella CA' }`. */
  readonly subject?: CertificateSubject;
  /** How many authorities may stand one below the other under it, an integer from 0 to 100. Default: any number. */
  readonly pathLength?: number;
  /** Which names may stand below it. Default: all. */
  readonly nameConstraints?: NameConstraints;
}

/** An authority that signs certificates. */
export interface CertificateAuthority extends Validity {
  /** Its own certificate, as PEM: what is to be trusted. */
  readonly cert: string;
  /** Its private key, as PEM (PKCS #8), not encrypted. */
  readonly key: string;
  /** Certificates of authorities that stand behind each that is issued, as PEM; empty for a root. */
  readonly chain: string;
  /**
   * Makes a certificate, good for 90 days by default.
   *
   * @throws UsageError if an option is out of its range; TlsMaterialError if the authority has expired, or the key can't sign.
   */
  issue(options: IssueOptions): Promise<IssuedCertificate>;
  /**
   * Signs a certificate for a key of somebody else, of whom only the public half is known.
   *
   * @returns The certificate and those above it, as PEM.
   * @throws As {@link issue} does.
   */
  certify(publicKey: KeyObject, options: IssueOptions): Promise<string>;
  /**
   * Makes a certificate with the subject and the names of another one: what a client is shown by who stands between it and a server.
   *
   * @remarks
   * Of the names only host names and IP addresses are taken, at most 1_000; what could not stand in a certificate is left out. Dates,
   * numbers and keys are its own. Whether the other one is to be believed has been decided before, or is not decided at all.
   *
   * @param upstream - The certificate, or its DER, such as `raw` of `PeerCertificate`.
   * @throws As {@link issue} does; TlsMaterialError if `upstream` is no certificate, or has neither a subject nor a name.
   */
  mirror(upstream: X509Certificate | Uint8Array, options?: MirrorOptions): Promise<IssuedCertificate>;
  /**
   * Makes an authority below this one.
   *
   * @throws As {@link issue} does; UsageError if the `pathLength` of this one leaves no room for it.
   */
  intermediate(options?: CertificateAuthorityOptions): Promise<CertificateAuthority>;
}

/**
 * Makes an authority that nobody trusts yet: a root that has signed itself.
 *
 * @remarks
 * The key is on P-256. The certificate is good for 10 years by default; those that it issues never outlive it.
 *
 * @throws UsageError if an option is out of its range.
 *
 * @example
 * const authority = await certificateAuthority({ subject: { commonName: 'Our Tests' } });
 * const certificate = await authority.issue({ names: ['example.test'] });
 * const server = tlsAcceptLayer({ certificates: certificate });
 * const client = tlsConnectLayer({ roots: authority.cert });
 */
export async function certificateAuthority(options: CertificateAuthorityOptions = {}): Promise<CertificateAuthority> {
  const content = authorityContent(options);
  const validity = validityOf(options, DEFAULT_VALIDITY_MS);
  const key = await generateKey();
  const signer = signingKey(key);
  const { publicKeyInfo } = signer;
  const { subject } = content;
  const extensions = [...content.extensions, subjectKeyIdentifier(keyIdentifier(publicKeyInfo))];
  const { der } = await signCertificate({ issuer: subject, subject, validity, publicKeyInfo, extensions }, signer);
  return authorityOf(new IssuingAuthority(toPem('CERTIFICATE', der), key));
}

/** The authority as others see it. */
export function authorityOf(issuing: IssuingAuthority): CertificateAuthority {
  const { cert, key, chain, validFromMs, validToMs } = issuing;
  return {
    ...{ cert, key, chain, validFromMs, validToMs },
    issue: (options) => issuing.issue(options),
    certify: (publicKey, options) => issuing.certify(publicKey, options),
    mirror: (upstream, options) => issuing.mirror(upstream, options),
    intermediate: (options = {}) => intermediateOf(issuing, options),
  };
}

async function intermediateOf(
  above: IssuingAuthority,
  options: CertificateAuthorityOptions,
): Promise<CertificateAuthority> {
  const { pathLength = above.pathLength === undefined ? undefined : above.pathLength - 1 } = options;
  if (above.pathLength !== undefined && !(pathLength !== undefined && pathLength < above.pathLength)) {
    throw new UsageError(
      `pathLength must be less than that of the authority above, ${above.pathLength}, got ${pathLength}`,
    );
  }
  const content = authorityContent({ ...options, ...(pathLength === undefined ? {} : { pathLength }) });
  const validity = validityOf(options, DEFAULT_VALIDITY_MS, above);
  const key = await generateKey();
  const { publicKeyInfo } = signingKey(key);
  const { der } = await above.sign({ ...content, validity, publicKeyInfo });
  return authorityOf(new IssuingAuthority(toPem('CERTIFICATE', der) + above.ownChain, key));
}

/** What the certificate of an authority says. @throws UsageError if an option is out of its range. */
function authorityContent(options: CertificateAuthorityOptions) {
  const { subject = { commonName: 'Lamella CA' }, pathLength, nameConstraints: constraints = {} } = options;
  if (pathLength !== undefined && !(Number.isInteger(pathLength) && pathLength >= 0 && pathLength <= 100)) {
    throw new UsageError(`pathLength must be an integer from 0 to 100, got ${pathLength}`);
  }
  if (Object.values(subject).every((part) => part === undefined))
    throw new UsageError('the subject of an authority must not be empty');
  return {
    subject: distinguishedName(subject),
    extensions: [authorityConstraints(pathLength), authorityKeyUsage(), ...nameConstraints(constraints)],
  };
}

const DEFAULT_VALIDITY_MS = 3_650 * 86_400_000;
