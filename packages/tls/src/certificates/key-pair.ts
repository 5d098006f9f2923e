import type { SecureContext, SecureContextOptions } from 'node:tls';
import { createSecureContext } from 'node:tls';
import { UsageError } from '@lamella/service-core';
import { TlsMaterialError } from '../errors.ts';
import { pairProblem } from './pair-problem.ts';

/** A certificate with its key. */
export interface KeyPair {
  /** The certificate and the intermediates above it, in this order, as PEM. */
  readonly cert: string | Uint8Array;
  /** The private key of the certificate, as PEM. */
  readonly key: string | Uint8Array;
  /** Opens the key, if it is encrypted. */
  readonly passphrase?: string;
}

/**
 * Makes a context of `node:tls`.
 *
 * @throws TlsMaterialError if the certificate and the key can't be used; UsageError if an option can't.
 */
export function secureContext(options: SecureContextOptions, pair: KeyPair | undefined): SecureContext {
  if (pair === undefined) return contextOrUsageError(options);
  const { cert, key, passphrase } = pair;
  const secrets = { cert: asBuffer(cert), key: asBuffer(key), ...(passphrase === undefined ? {} : { passphrase }) };
  try {
    return createSecureContext({ ...options, ...secrets });
  } catch (error) {
    contextOrUsageError(options); // if the options are at fault, the pair is not
    throw new TlsMaterialError(`${UNUSABLE_PAIR}${pairProblem(error, pair)}`, { cause: error });
  }
}

function contextOrUsageError(options: SecureContextOptions): SecureContext {
  try {
    return createSecureContext(options);
  } catch (error) {
    throw new UsageError(`options that OpenSSL does not take: ${messageOf(error)}`, { cause: error });
  }
}

/** Node takes an empty string for none: no certificate would be shown, and nobody told. */
function asBuffer(pem: string | Uint8Array): Buffer {
  return typeof pem === 'string' ? Buffer.from(pem) : Buffer.from(pem.buffer, pem.byteOffset, pem.length);
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).trim();
}

/** How the message of an error of {@link secureContext} begins. */
export const UNUSABLE_PAIR = "the certificate and its key can't be used: ";
