import type { KeyObject, X509Certificate } from 'node:crypto';
import { createHash } from 'node:crypto';
import type { Clock } from '@lamella/service-core';
import { systemClock, UsageError } from '@lamella/service-core';
import type { CertificateSource } from '../certificates/server-certificate.ts';
import type { CertificateAuthority } from './certificate-authority.ts';
import { FreshCache } from './fresh-cache.ts';
import type { IssuedCertificate } from './issued-certificate.ts';
import { derOf } from './mirrored-content.ts';
import { generateKey } from './signing-key.ts';
import { certificateName } from './subject-alt-names.ts';
import type { ValidityOptions } from './validity.ts';
import { checkValidity } from './validity.ts';

/** Options of {@link certificateIssuer}. */
export interface CertificateIssuerOptions {
  /** Who signs. */
  readonly authority: CertificateAuthority;
  /** Most certificates that are kept; the one that was not asked for longest goes. An integer from 1. Default 1_024. */
  readonly maxCertificates?: number;
  /** How long certificates are good, in milliseconds, 1_000 or more. Default 2_592_000_000 (30 days). */
  readonly validityMs?: number;
  /** How long before they are made they are good already, in milliseconds, at least 0. Default 3_600_000 (1 hour). */
  readonly backdateMs?: number;
  /** Uses one key for all certificates in place of one for each. Default false. */
  readonly sharesKey?: boolean;
  /** Which names certificates are made for, in lower case. Default: all that are names. */
  readonly allows?: (serverName: string) => boolean;
  /** The host name or IP address that clients are taken to mean who ask for none. Default: there is none, and their handshake fails. */
  readonly withoutName?: string;
  /** Source of the time. Default: the system clock. */
  readonly clock?: Clock;
}

/** Makes certificates when they are asked for. */
export interface CertificateIssuer extends CertificateSource {
  /**
   * The certificate for a name.
   *
   * @returns `undefined` if the text is no host name (an address, a wildcard, a false A-label), or `allows` says no.
   * @throws TlsMaterialError if the authority has expired.
   */
  certificateFor(
    serverName: string | undefined,
  ): IssuedCertificate | undefined | Promise<IssuedCertificate | undefined>;
  /**
   * The certificate that says what another one says; see `mirror` of `CertificateAuthority`.
   *
   * @param upstream - The certificate of the server, or its DER.
   * @param serverName - What the client asks for; it stands beside the names of the other one. Default: nothing does.
   * @throws TlsMaterialError if `upstream` is no certificate or names nobody, or the authority has expired.
   */
  mirrorOf(upstream: X509Certificate | Uint8Array, serverName?: string): Promise<IssuedCertificate>;
  /** How many certificates are kept, those being made included. */
  readonly size: number;
  /** How many were made in all. */
  readonly issuedCount: number;
}

/**
 * Makes the certificate for each name that clients ask for, when they ask first.
 *
 * @remarks
 * Whoever asks for the same name at the same time gets the same one, made once. A certificate is made anew when a third of its time is
 * left. What a client sends is no reason to make a certificate unless it is a name; and the number that is kept is bounded, so strangers
 * cost time (a key and a signature), not memory.
 *
 * @throws UsageError if an option is out of its range.
 *
 * @example
 * const authority = await certificateAuthority();
 * const issuer = certificateIssuer({ authority, allows: (name) => name.endsWith('.test') });
 * const secured = tlsAcceptLayer({ certificates: issuer });
 */
export function certificateIssuer(options: CertificateIssuerOptions): CertificateIssuer {
  return new OnDemandIssuer(options);
}

class OnDemandIssuer implements CertificateIssuer {
  readonly #options: CertificateIssuerOptions;
  readonly #cache: FreshCache;
  readonly #withoutName: string | undefined;
  #sharedKey: Promise<KeyObject> | undefined;
  issuedCount = 0;

  constructor(options: CertificateIssuerOptions) {
    const { authority, maxCertificates = 1_024, clock = systemClock, withoutName } = options;
    if (typeof authority?.issue !== 'function') throw new UsageError('authority is missing');
    if (!(Number.isSafeInteger(maxCertificates) && maxCertificates >= 1)) {
      throw new UsageError(`maxCertificates must be an integer >= 1, got ${maxCertificates}`);
    }
    checkValidity(options);
    this.#withoutName = withoutName === undefined ? undefined : hostOf(withoutName);
    if (withoutName !== undefined && this.#withoutName === undefined) {
      throw new UsageError(`withoutName must be a host name or an IP address, got ${JSON.stringify(withoutName)}`);
    }
    this.#options = options;
    this.#cache = new FreshCache(maxCertificates, clock);
  }

  get size(): number {
    return this.#cache.size;
  }

  certificateFor(
    serverName: string | undefined,
  ): IssuedCertificate | undefined | Promise<IssuedCertificate | undefined> {
    // A name that a client sends is none of a wildcard, and no address: RFC 6066 section 3.
    const host = serverName === undefined ? undefined : hostOf(serverName);
    const name = serverName === undefined ? this.#withoutName : isAddress(host) ? undefined : host;
    if (name === undefined || this.#options.allows?.(name) === false) return undefined;
    const { authority } = this.#options;
    return this.#cache.get(`name ${name}`, () => this.#make((common) => authority.issue({ names: [name], ...common })));
  }

  async mirrorOf(upstream: X509Certificate | Uint8Array, serverName?: string): Promise<IssuedCertificate> {
    const host = serverName === undefined ? undefined : hostOf(serverName);
    const extraNames = host === undefined ? [] : [host];
    const der = derOf(upstream);
    const fingerprint = createHash('sha256').update(der).digest('base64');
    const { authority } = this.#options;
    return this.#cache.get(`mirror ${fingerprint} ${host}`, () =>
      this.#make((common) => authority.mirror(der, { extraNames, ...common })),
    );
  }

  async #make(issue: (common: CommonOptions) => Promise<IssuedCertificate>): Promise<IssuedCertificate> {
    const { validityMs = DEFAULT_VALIDITY_MS, backdateMs, clock = systemClock, sharesKey = false } = this.#options;
    if (sharesKey) this.#sharedKey ??= generateKey();
    const key = await this.#sharedKey;
    const issued = await issue({
      validityMs,
      clock,
      ...(backdateMs === undefined ? {} : { backdateMs }),
      ...(key === undefined ? {} : { key }),
    });
    this.issuedCount++;
    return issued;
  }
}

interface CommonOptions extends ValidityOptions {
  readonly key?: KeyObject;
}

function hostOf(text: string): string | undefined {
  const name = certificateName(text);
  return name?.startsWith('*') ? undefined : name;
}

function isAddress(host: string | undefined): boolean {
  return host !== undefined && (host.includes(':') || /^[0-9.]+$/.test(host));
}

const DEFAULT_VALIDITY_MS = 30 * 86_400_000;
