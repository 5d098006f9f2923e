import type { KeyObject } from 'node:crypto';
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { readDer, readDerList } from '../codec/der/der-decoder.ts';
import { derBitString, derNull, derSequence } from '../codec/der/der-encoder.ts';
import { derObjectIdentifier } from '../codec/der/object-identifier.ts';
import { TlsMaterialError } from '../errors.ts';
import { OID } from './object-identifiers.ts';

/** A private key that signs certificates and requests. */
export interface SigningKey {
  /** SubjectPublicKeyInfo of its public half, as DER. */
  readonly publicKeyInfo: Uint8Array;
  /** AlgorithmIdentifier of its signatures, as DER. */
  readonly algorithm: Uint8Array;
  /** Signs bytes. @returns A BIT STRING, as DER. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

/** Makes a key on P-256. That takes a tenth of a millisecond; to another thread and back takes longer. */
export async function generateKey(): Promise<KeyObject> {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

/** The key that was given, or a new one. @throws TlsMaterialError if it is no private key. */
export async function keyOr(key: string | KeyObject | undefined): Promise<KeyObject> {
  return key === undefined ? generateKey() : privateKeyOf(key);
}

/** Reads a private key. @throws TlsMaterialError if it is none, or is encrypted and `passphrase` does not open it. */
export function privateKeyOf(key: string | KeyObject, passphrase?: string): KeyObject {
  if (typeof key !== 'string') return key;
  try {
    return createPrivateKey({ key, ...(passphrase === undefined ? {} : { passphrase }) });
  } catch (error) {
    throw new TlsMaterialError('the private key is none in PEM, or can not be opened', { cause: error });
  }
}

/** Whether a key is one of RSA. */
export function isRsa(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'rsa';
}

/** Takes a private key for signing: RSA, P-256, P-384, P-521 or Ed25519. @throws TlsMaterialError for any other. */
export function signingKey(key: KeyObject): SigningKey {
  const { identifier, hash } = algorithmOf(key);
  const parameters = isRsa(key) ? [derNull()] : [];
  return {
    publicKeyInfo: publicKeyInfoOf(key),
    algorithm: derSequence(derObjectIdentifier(identifier), ...parameters),
    // With RSA it takes a millisecond, which is too long for the event loop.
    sign: async (bytes) => derBitString(isRsa(key) ? await signAsync(hash, bytes, key) : sign(hash, bytes, key)),
  };
}

/** SubjectPublicKeyInfo of a key, private or public. */
export function publicKeyInfoOf(key: KeyObject): Uint8Array {
  return (key.type === 'private' ? createPublicKey(key) : key).export({ type: 'spki', format: 'der' });
}

/** What a certificate calls a key: 160 bits of a SHA-256 over the bits of the public key. RFC 7093 section 2, method 1. */
export function keyIdentifier(publicKeyInfo: Uint8Array): Uint8Array {
  return createHash('sha256').update(publicKeyBits(publicKeyInfo)).digest().subarray(0, 20);
}

/** The bits of a public key, without its algorithm. */
export function publicKeyBits(publicKeyInfo: Uint8Array): Uint8Array {
  const [, bits] = readDerList(readDer(publicKeyInfo, 0x30).contents);
  if (bits === undefined) throw new TlsMaterialError('a public key without its bits');
  return bits.contents.subarray(1);
}

function algorithmOf(key: KeyObject): Algorithm {
  const { asymmetricKeyType = 'none', asymmetricKeyDetails } = key;
  const name = asymmetricKeyType === 'ec' ? asymmetricKeyDetails?.namedCurve : asymmetricKeyType;
  const algorithm = ALGORITHMS[name ?? 'none'];
  if (algorithm !== undefined) return algorithm;
  throw new TlsMaterialError(`a key of type ${name} can't sign certificates; RSA, P-256, P-384, P-521 and Ed25519 can`);
}

interface Algorithm {
  readonly identifier: string;
  readonly hash: string | null;
}

const ALGORITHMS: Readonly<Record<string, Algorithm>> = {
  rsa: { identifier: OID.sha256WithRsa, hash: 'sha256' },
  prime256v1: { identifier: OID.ecdsaWithSha256, hash: 'sha256' },
  secp384r1: { identifier: OID.ecdsaWithSha384, hash: 'sha384' },
  secp521r1: { identifier: OID.ecdsaWithSha512, hash: 'sha512' },
  ed25519: { identifier: OID.ed25519, hash: null },
};

const signAsync = promisify(sign);
