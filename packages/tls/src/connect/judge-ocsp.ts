import { createHash, verify, X509Certificate } from 'node:crypto';
import { derObjectIdentifier } from '../codec/der/object-identifier.ts';
import type { OcspStatement, ParsedOcspResponse } from '../codec/ocsp/ocsp-response.ts';
import { parseOcspResponse } from '../codec/ocsp/ocsp-response.ts';
import { TlsMaterialError } from '../errors.ts';
import { OID } from '../issue/object-identifiers.ts';
import { parseCertificate } from '../issue/parsed-certificate.ts';
import { publicKeyBits, publicKeyInfoOf } from '../issue/signing-key.ts';

/** What an OCSP response is judged by. */
export interface OcspEvidence {
  /** What the server has stapled, as DER; `undefined`: nothing. */
  readonly response: Uint8Array | undefined;
  readonly certificate: X509Certificate;
  /** Whoever has signed it; `undefined`: nobody who is known. */
  readonly issuer: X509Certificate | undefined;
  /** Time of the day, in milliseconds since the Unix epoch. */
  readonly nowMs: number;
}

/** Why a certificate is not known to be good. */
export interface OcspRefusal {
  readonly isRevoked: boolean;
  readonly why: string;
}

/**
 * Decides whether a stapled response says that a certificate is good.
 *
 * @remarks
 * Source: RFC 6960 sections 3.2 and 4.2.2.2. It has to be signed by the issuer of the certificate, or by whoever has a certificate of that
 * issuer for signing such responses; to be about this certificate; and to hold now, give or take five minutes. One that does not say until when
 * it holds does for a week. Signatures by SHA-1 count for nothing.
 *
 * @returns Why not, or `undefined` if it does.
 */
export function judgeOcsp(evidence: OcspEvidence): OcspRefusal | undefined {
  const { response, issuer } = evidence;
  if (response === undefined) return invalid('the server has stapled no OCSP response');
  if (issuer === undefined)
    return invalid('nobody knows who has issued the certificate, and may say whether it is good');
  try {
    return judge(parseOcspResponse(response), evidence, issuer);
  } catch (error) {
    if (!(error instanceof TlsMaterialError)) throw error;
    return invalid(`the OCSP response can't be read: ${error.message}`);
  }
}

function judge(
  response: ParsedOcspResponse,
  { certificate, nowMs }: OcspEvidence,
  issuer: X509Certificate,
): OcspRefusal | undefined {
  const statement = response.statements.find((each) => isAbout(each, certificate, issuer));
  if (statement === undefined) return invalid('the OCSP response is about another certificate');
  if (!isSigned(response, issuer, nowMs)) {
    return invalid('the OCSP response is not signed by the issuer of the certificate, nor in its name');
  }
  const { status, thisUpdate, nextUpdate } = statement;
  const fromMs = timeOf(thisUpdate);
  // Where newer information is always there, a thief of the key would staple an old one for ever.
  const toMs = nextUpdate === undefined ? fromMs + MAX_AGE_MS : timeOf(nextUpdate);
  if (nowMs < fromMs - TOLERANCE_MS || nowMs > toMs + TOLERANCE_MS) {
    return invalid(`the OCSP response holds from ${thisUpdate} to ${nextUpdate ?? 'a week later'}`);
  }
  if (status === 'good') return undefined;
  return { isRevoked: status === 'revoked', why: `the OCSP response says that the certificate is ${status}` };
}

/** Digits can be no date all the same. */
function timeOf(text: string): number {
  const atMs = Date.parse(text);
  if (Number.isNaN(atMs)) throw new TlsMaterialError(`a date that is none: ${text}`);
  return atMs;
}

function isAbout(statement: OcspStatement, certificate: X509Certificate, issuer: X509Certificate): boolean {
  const hash = HASHES.get(keyOf(statement.hashAlgorithm));
  const { serialNumber } = certificate;
  // Numbers below zero, which RFC 5280 forbids and OpenSSL lets pass, have a sign.
  const isKnown = hash !== undefined && /^[0-9A-F]+$/i.test(serialNumber);
  if (!isKnown || statement.serialNumber !== BigInt(`0x${serialNumber}`)) return false;
  const digest = (bytes: Uint8Array): Buffer => createHash(hash).update(bytes).digest();
  return (
    digest(parseCertificate(issuer.raw).subject).equals(statement.issuerNameHash) &&
    digest(publicKeyBits(publicKeyInfoOf(issuer.publicKey))).equals(statement.issuerKeyHash)
  );
}

function isSigned(response: ParsedOcspResponse, issuer: X509Certificate, nowMs: number): boolean {
  const { signatureAlgorithm, signed, signature } = response;
  const scheme = SIGNATURES.get(keyOf(signatureAlgorithm));
  if (scheme === undefined) return false;
  const signers = [issuer, ...response.certificates.map(certificateOf).filter((each) => maySign(each, issuer, nowMs))];
  return signers.some((signer) => {
    const { publicKey } = signer;
    // Else the signature would be taken for one by another scheme than it says.
    if (publicKey.asymmetricKeyType !== scheme.keyType) return false;
    return verify(scheme.hash, signed, publicKey, signature);
  });
}

function certificateOf(der: Uint8Array): X509Certificate {
  try {
    return new X509Certificate(der);
  } catch (cause) {
    throw new TlsMaterialError('an OCSP response with a certificate that is none', { cause });
  }
}

/** RFC 6960 section 4.2.2.2: the issuer itself must have said so. */
function maySign(signer: X509Certificate, issuer: X509Certificate, nowMs: number): boolean {
  const usages: readonly string[] | undefined = signer.keyUsage;
  return (
    usages?.includes(OID.ocspSigning) === true &&
    signer.checkIssued(issuer) &&
    signer.verify(issuer.publicKey) &&
    nowMs >= Date.parse(signer.validFrom) &&
    nowMs <= Date.parse(signer.validTo)
  );
}

function invalid(why: string): OcspRefusal {
  return { isRevoked: false, why };
}

function keyOf(identifier: Uint8Array): string {
  return Buffer.from(identifier).toString('hex');
}

function byIdentifier<Value>(entries: readonly (readonly [string, Value])[]): ReadonlyMap<string, Value> {
  return new Map(entries.map(([dotted, value]) => [keyOf(derObjectIdentifier(dotted)), value]));
}

/** Clocks differ. */
const TOLERANCE_MS = 300_000;
const MAX_AGE_MS = 604_800_000;
const HASHES = byIdentifier([
  ['1.3.14.3.2.26', 'sha1'], // names the issuer only, and is what most responders use
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
]);
const SIGNATURES = byIdentifier<{ readonly keyType: string; readonly hash: string | null }>([
  [OID.ecdsaWithSha256, { keyType: 'ec', hash: 'sha256' }],
  [OID.ecdsaWithSha384, { keyType: 'ec', hash: 'sha384' }],
  [OID.ecdsaWithSha512, { keyType: 'ec', hash: 'sha512' }],
  [OID.sha256WithRsa, { keyType: 'rsa', hash: 'sha256' }],
  [OID.sha384WithRsa, { keyType: 'rsa', hash: 'sha384' }],
  [OID.sha512WithRsa, { keyType: 'rsa', hash: 'sha512' }],
  [OID.ed25519, { keyType: 'ed25519', hash: null }],
]);
