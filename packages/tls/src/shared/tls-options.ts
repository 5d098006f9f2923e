import { constants } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';
import type { Clock } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';

/** Versions of TLS that are spoken; older ones are broken. */
export type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

/** Options of both sides of TLS. */
export interface TlsOptions {
  /** Lowest version. Default `'TLSv1.2'`. */
  readonly minVersion?: TlsVersion;
  /** Highest version. Default `'TLSv1.3'`. */
  readonly maxVersion?: TlsVersion;
  /** Cipher suites, the preferred one first, as OpenSSL names them. Default: those of Node. */
  readonly ciphers?: readonly string[];
  /** Groups for the key exchange, the preferred one first, such as `['X25519', 'P-256']`. Default: those of OpenSSL. */
  readonly groups?: readonly string[];
  /** Signature algorithms, the preferred one first, such as `['ecdsa_secp256r1_sha256']`. Default: those of OpenSSL. */
  readonly signatureAlgorithms?: readonly string[];
  /**
   * Gets the secrets of each session, line by line as SSLKEYLOGFILE has them: whoever knows them can read all that was sent. Default:
   * nobody.
   */
  readonly keyLog?: (line: string) => void;
  /** Longest time for the handshake, in milliseconds, greater than 0. Default 10_000. */
  readonly timeoutMs?: number;
  /** Source of time and timers. Default: the system clock. */
  readonly clock?: Clock;
  /**
   * Takes an end of the connection that the peer has not announced (`close_notify`) for an end like any other. An attacker can then cut
   * off what has no length of its own. Default false: it is a reset.
   */
  readonly dangerouslyAcceptTruncation?: boolean;
}

/** Checks what both sides have in common. @throws UsageError if an option is out of its range. */
export function checkTlsOptions(options: TlsOptions): void {
  const { minVersion = 'TLSv1.2', maxVersion = 'TLSv1.3', timeoutMs = 10_000 } = options;
  for (const [name, version] of Object.entries({ minVersion, maxVersion })) {
    if (!VERSIONS.has(version)) throw new UsageError(`${name} must be TLSv1.2 or TLSv1.3, got ${version}`);
  }
  if (minVersion > maxVersion) throw new UsageError(`minVersion ${minVersion} is above maxVersion ${maxVersion}`);
  if (!(timeoutMs > 0)) throw new UsageError(`timeoutMs must be > 0, got ${timeoutMs}`);
  for (const name of ['ciphers', 'groups', 'signatureAlgorithms'] as const) {
    if (options[name]?.length === 0) throw new UsageError(`${name} must name at least one`);
  }
}

/** What `node:tls` calls the options that both sides have in common. */
export function contextOptions(options: TlsOptions): SecureContextOptions {
  const { minVersion = 'TLSv1.2', maxVersion = 'TLSv1.3', ciphers, groups, signatureAlgorithms } = options;
  return {
    minVersion,
    maxVersion,
    // Renegotiation is the lever of several attacks, nobody needs it, and TLS 1.3 has dropped it.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    ...(ciphers === undefined ? {} : { ciphers: ciphers.join(':') }),
    ...(groups === undefined ? {} : { ecdhCurve: groups.join(':') }),
    ...(signatureAlgorithms === undefined ? {} : { sigalgs: signatureAlgorithms.join(':') }),
  };
}

/** Checks names of protocols. @throws UsageError if one can't be offered by ALPN. */
export function checkAlpn(alpn: readonly string[]): void {
  for (const name of alpn) {
    const length = Buffer.byteLength(name);
    if (length < 1 || length > 255) throw new UsageError(`a protocol in alpn has 1 to 255 bytes, got ${length}`);
  }
}

const VERSIONS: ReadonlySet<string> = new Set<TlsVersion>(['TLSv1.2', 'TLSv1.3']);
