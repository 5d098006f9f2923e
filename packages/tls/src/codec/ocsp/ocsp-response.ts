import { TlsMaterialError } from '../../errors.ts';
import type { DerElement } from '../der/der-decoder.ts';
import { readDer, readDerList } from '../der/der-decoder.ts';
import { derObjectIdentifier } from '../der/object-identifier.ts';

/** What a response says of one certificate. */
export interface OcspStatement {
  /** Identifier of the hash, as DER. */
  readonly hashAlgorithm: Uint8Array;
  /** Hash of the name of its issuer. */
  readonly issuerNameHash: Uint8Array;
  /** Hash of the key of its issuer. */
  readonly issuerKeyHash: Uint8Array;
  readonly serialNumber: bigint;
  readonly status: 'good' | 'revoked' | 'unknown';
  /** From when on it holds, as `2026-11-26T13:20:00Z`. */
  readonly thisUpdate: string;
  /** Until when it holds; `undefined`: newer information is always there. */
  readonly nextUpdate: string | undefined;
}

/** An OCSP response, taken apart. Nothing of it is checked. */
export interface ParsedOcspResponse {
  readonly statements: readonly OcspStatement[];
  /** What is signed. */
  readonly signed: Uint8Array;
  /** Identifier of the algorithm of the signature, as DER. */
  readonly signatureAlgorithm: Uint8Array;
  readonly signature: Uint8Array;
  /** Certificates that came along, as DER. */
  readonly certificates: readonly Uint8Array[];
}

/**
 * Takes an OCSP response apart.
 *
 * @remarks
 * Source: RFC 6960 section 4.2.1.
 *
 * @throws TlsMaterialError if it has not the form of one, or is none about certificates, such as `tryLater`.
 */
export function parseOcspResponse(der: Uint8Array): ParsedOcspResponse {
  const [responseStatus, wrapped] = listIn(readDer(der, SEQUENCE));
  if (responseStatus?.tag !== ENUMERATED) throw new TlsMaterialError('an OCSP response without a status');
  const status = Buffer.from(responseStatus.contents).toString('hex');
  if (status !== SUCCESSFUL || wrapped?.tag !== EXPLICIT_0) {
    throw new TlsMaterialError(`the responder gave no information: status ${status}`);
  }
  const [type, content] = listIn(readDer(wrapped.contents, SEQUENCE));
  if (content?.tag !== OCTET_STRING || !isSame(type?.raw, BASIC)) {
    throw new TlsMaterialError('an OCSP response of another kind');
  }
  const [data, algorithm, signature, certificates] = listIn(readDer(content.contents, SEQUENCE));
  const identifier = algorithm === undefined ? undefined : listIn(algorithm)[0];
  if (data === undefined || identifier === undefined || signature?.tag !== BIT_STRING || signature.contents[0] !== 0) {
    throw new TlsMaterialError('an OCSP response without a signature');
  }
  const sent = certificates === undefined ? [] : certificatesIn(certificates);
  return {
    statements: statementsIn(data),
    signed: data.raw,
    signatureAlgorithm: identifier.raw,
    signature: signature.contents.subarray(1),
    certificates: sent.map(({ raw }) => raw),
  };
}

function certificatesIn({ tag, contents }: DerElement): readonly DerElement[] {
  if (tag !== EXPLICIT_0) throw new TlsMaterialError(`an OCSP response with tag ${tag} behind its signature`);
  const list = listIn(readDer(contents, SEQUENCE));
  if (list.length > MAX_CERTIFICATES)
    throw new TlsMaterialError(`an OCSP response with ${list.length} certificates, ${MAX_CERTIFICATES} are allowed`);
  return list;
}

/** Behind a version that may be left out stand who answers, when, and what. */
function statementsIn(data: DerElement): readonly OcspStatement[] {
  const fields = listIn(data);
  const list = fields[fields[0]?.tag === EXPLICIT_0 ? 3 : 2];
  if (list?.tag !== SEQUENCE) throw new TlsMaterialError('an OCSP response without answers');
  return listIn(list).map(statementOf);
}

function statementOf(element: DerElement): OcspStatement {
  const [certificate, status, thisUpdate, ...more] = listIn(element);
  const [algorithm, name, key, serial] = certificate === undefined ? [] : listIn(certificate);
  const hash = algorithm === undefined ? undefined : listIn(algorithm)[0];
  const known = STATUSES.get(status?.tag ?? -1);
  const isWhole = hash !== undefined && name?.tag === OCTET_STRING && key?.tag === OCTET_STRING;
  if (!isWhole || serial?.tag !== INTEGER || known === undefined || thisUpdate === undefined) {
    throw new TlsMaterialError('an answer of an OCSP response that says nothing of a certificate');
  }
  const next = more.find(({ tag }) => tag === EXPLICIT_0);
  return {
    hashAlgorithm: hash.raw,
    issuerNameHash: name.contents,
    issuerKeyHash: key.contents,
    serialNumber: BigInt(`0x0${Buffer.from(serial.contents).toString('hex')}`),
    status: known,
    thisUpdate: timeOf(thisUpdate),
    nextUpdate: next === undefined ? undefined : timeOf(readDer(next.contents)),
  };
}

/** A GeneralizedTime, which has no fractions and is in UTC, as ISO 8601 writes it. RFC 5280 section 4.1.2.5.2. */
function timeOf({ tag, contents }: DerElement): string {
  const text = tag === GENERALIZED_TIME ? Buffer.from(contents).toString('latin1') : '';
  if (!TIME.test(text)) throw new TlsMaterialError('an OCSP response with a date that is none');
  return text.replace(TIME, '$1-$2-$3T$4:$5:$6Z');
}

function listIn({ tag, contents }: DerElement): readonly DerElement[] {
  if (tag !== SEQUENCE) throw new TlsMaterialError(`malformed OCSP response: tag ${tag} in place of ${SEQUENCE}`);
  return readDerList(contents);
}

function isSame(bytes: Uint8Array | undefined, other: Uint8Array): boolean {
  return bytes !== undefined && Buffer.from(bytes).equals(other);
}

const BASIC = derObjectIdentifier('1.3.6.1.5.5.7.48.1.1');
const [INTEGER, BIT_STRING, OCTET_STRING, ENUMERATED, GENERALIZED_TIME, SEQUENCE] = [
  2, 3, 4, 0x0a, 0x18, 0x30,
] as const;
const SUCCESSFUL = '00';
const EXPLICIT_0 = 0xa0;
const STATUSES: ReadonlyMap<number, OcspStatement['status']> = new Map([
  [0x80, 'good'],
  [0xa1, 'revoked'],
  [0x82, 'unknown'],
]);
/** One is enough. Each takes two signatures to look at. */
const MAX_CERTIFICATES = 16;
const TIME = /^([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})Z$/;
