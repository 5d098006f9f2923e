import { createHash, sign, X509Certificate } from 'node:crypto';
import { readDer, readDerList } from '../../src/codec/der/der-decoder.ts';
import {
  derBitString,
  derNull,
  derOctetString,
  derSequence,
  derTagged,
  derUnsigned,
  encodeDer,
} from '../../src/codec/der/der-encoder.ts';
import { derObjectIdentifier } from '../../src/codec/der/object-identifier.ts';
import { extension } from '../../src/issue/extensions.ts';
import { OID } from '../../src/issue/object-identifiers.ts';
import { parseCertificate } from '../../src/issue/parsed-certificate.ts';
import { signCertificate } from '../../src/issue/sign-certificate.ts';
import { generateKey, privateKeyOf, publicKeyInfoOf, signingKey } from '../../src/issue/signing-key.ts';
import type { Validity } from '../../src/issue/validity.ts';

/** What a response of a test says. */
export interface TestOcspOptions {
  /** Certificate that it is about, as PEM. */
  readonly about: string;
  readonly issuer: { readonly cert: string; readonly key: string };
  /** Whose key signs. Default: that of the issuer. */
  readonly signer?: { readonly key: string };
  /** Certificates that come along, as DER. */
  readonly sent?: readonly Uint8Array[];
  readonly status?: 'good' | 'revoked' | 'unknown';
  /** From when to when it holds, in milliseconds since the Unix epoch. */
  readonly fromMs: number;
  readonly toMs?: number;
  /** It names the issuer by another name. */
  readonly isMisnamed?: boolean;
  /** What was signed has said another status. */
  readonly isForged?: boolean;
}

/** An OCSP response with one answer, signed by ECDSA with SHA-256. */
export function ocspResponse(options: TestOcspOptions): Uint8Array {
  const { issuer, signer = issuer, sent = [], isForged = false } = options;
  const data = responseData(options);
  const signature = sign('sha256', isForged ? responseData({ ...options, status: 'unknown' }) : data, signer.key);
  const algorithm = derSequence(derObjectIdentifier('1.2.840.10045.4.3.2'));
  const along = sent.length === 0 ? [] : [derTagged(0, derSequence(...sent))];
  const basic = derSequence(data, algorithm, derBitString(signature), ...along);
  const type = derObjectIdentifier('1.3.6.1.5.5.7.48.1.1');
  return derSequence(encodeDer(0x0a, Uint8Array.of(0)), derTagged(0, derSequence(type, derOctetString(basic))));
}

/** Somebody who has a certificate for that purpose of an authority, and how a response of theirs is signed. */
export async function responder(
  issuer: { readonly cert: string; readonly key: string },
  purpose: string,
  validity: Validity,
): Promise<Pick<TestOcspOptions, 'sent'> & { readonly signer: { readonly key: string } }> {
  const key = await generateKey();
  const { subject } = parseCertificate(new X509Certificate(issuer.cert).raw);
  const parts = {
    issuer: subject,
    subject: derSequence(),
    validity,
    publicKeyInfo: publicKeyInfoOf(key),
    extensions: [extension(OID.extendedKeyUsage, derSequence(derObjectIdentifier(purpose)))],
  };
  const { der } = await signCertificate(parts, signingKey(privateKeyOf(issuer.key)));
  return { signer: { key: key.export({ type: 'pkcs8', format: 'pem' }).toString() }, sent: [der] };
}

/** A responder that has no answer. */
export const TRY_LATER: Uint8Array = derSequence(encodeDer(0x0a, Uint8Array.of(3)));

function responseData(options: TestOcspOptions): Uint8Array {
  const { about, issuer, status = 'good', fromMs, toMs, isMisnamed = false } = options;
  const authority = new X509Certificate(issuer.cert);
  const { serialNumber } = new X509Certificate(about);
  const [, bits] = readDerList(readDer(authority.publicKey.export({ type: 'spki', format: 'der' })).contents);
  const keyHash = sha1(bits?.contents.subarray(1) ?? new Uint8Array(0));
  const certificate = derSequence(
    derSequence(derObjectIdentifier('1.3.14.3.2.26'), derNull()),
    derOctetString(sha1(isMisnamed ? new Uint8Array(0) : parseCertificate(authority.raw).subject)),
    derOctetString(keyHash),
    derUnsigned(Buffer.from(serialNumber, 'hex')),
  );
  const next = toMs === undefined ? [] : [derTagged(0, time(toMs))];
  const answer = derSequence(certificate, statusOf(status, fromMs), time(fromMs), ...next);
  return derSequence(encodeDer(0xa2, derOctetString(keyHash)), time(fromMs), derSequence(answer));
}

function statusOf(status: 'good' | 'revoked' | 'unknown', atMs: number): Uint8Array {
  if (status === 'revoked') return encodeDer(0xa1, time(atMs));
  return encodeDer(status === 'good' ? 0x80 : 0x82);
}

function time(atMs: number): Uint8Array {
  return encodeDer(0x18, Buffer.from(new Date(atMs).toISOString().replace(/[-:T]|\.\d+/g, ''), 'latin1'));
}

function sha1(bytes: Uint8Array): Uint8Array {
  return createHash('sha1').update(bytes).digest();
}
