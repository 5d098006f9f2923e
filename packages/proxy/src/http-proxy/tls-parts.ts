import { UsageError } from '@lamella/service-core';
import type { KeyPair } from '@lamella/tls';

/** A certificate or key of http-proxy: PEM. */
export type Pem = string | Uint8Array;

/** Options of `node:tls` that http-proxy passes on, those that are understood here. */
export interface TlsParts {
  /** Who may sign certificates of the other side, instead of those that Node trusts. Default: those. */
  readonly ca?: Pem | readonly Pem[];
  /** The certificate of this side, and those above it. */
  readonly cert?: Pem;
  /** Its key. */
  readonly key?: Pem;
  /** Opens the key, if it is encrypted. */
  readonly passphrase?: string;
  /** Cipher suites as OpenSSL names them, with colons in between. Default: those of Node. */
  readonly ciphers?: string;
}

/** The certificate of this side, if there is one. @throws UsageError if half of it is missing. */
export function keyPairOf(name: string, { cert, key, passphrase }: TlsParts): KeyPair | undefined {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) throw new UsageError(`${name} needs both cert and key`);
  return { cert, key, ...(passphrase === undefined ? {} : { passphrase }) };
}

/** The suites one by one. */
export function ciphersOf({ ciphers }: TlsParts): { readonly ciphers?: readonly string[] } {
  return ciphers === undefined ? {} : { ciphers: ciphers.split(':') };
}

/** @throws UsageError naming what does the work of an option that is not understood here. */
export function refuseTlsParts(name: string, options: object, known: ReadonlySet<string>): void {
  for (const [part, value] of Object.entries(options)) {
    if (value === undefined || known.has(part)) continue;
    throw new UsageError(`${name}.${part}: ${INSTEAD[part] ?? 'there is no such option here'}`);
  }
}

const INSTEAD: Readonly<Record<string, string>> = {
  agent: 'connections are kept by the client',
  pfx: 'give cert and key as PEM: openssl pkcs12 -in FILE -nodes',
  secureProtocol: 'TLS 1.2 and 1.3 are spoken, nothing older',
};
