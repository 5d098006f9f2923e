import type { Clock } from '@lamella/service-core';
import { ClosedError, failureSink, systemClock, UsageError } from '@lamella/service-core';
import type { CertificateSource, CertificateStore } from '@lamella/tls';
import { certificateStore } from '@lamella/tls';
import type { AcmeClient } from '../client/acme-client.ts';
import { checkedNames } from '../client/checked-names.ts';
import type { AcmeCertificate } from '../client/obtained-certificate.ts';
import type { AcmeStorage } from '../storage/acme-storage.ts';
import { RenewedCertificate } from './renewed-certificate.ts';

/** Options of {@link acmeCertificates}. */
export interface AcmeCertificatesOptions {
  /** Gets certificates. */
  readonly client: AcmeClient;
  /** Names of each certificate, 1 to 100 a certificate. */
  readonly certificates: readonly (readonly string[])[];
  /** Keeps certificates over restarts. */
  readonly storage: AcmeStorage;
  /** Renews when this part of its time is left, 0.05 to 0.95. Default 1/3. */
  readonly renewAtRatio?: number;
  /** How far chance moves renewals and retries, 0 to 1. Default 0.1. */
  readonly jitterRatio?: number;
  /** Wait after a failure, in milliseconds, > 0; twice as long after each further one, and as long as the server asks for. Default 60_000. */
  readonly retryMs?: number;
  /** Longest wait after a failure, in milliseconds, at least `retryMs`. Default 21_600_000 (6 hours). */
  readonly maxRetryMs?: number;
  /** What clients get who ask for an unknown name: the first certificate, or none, and their handshake fails. Default `'first'`. */
  readonly fallback?: 'first' | 'none';
  /** Hears of each certificate, from the storage or new. */
  readonly onObtained?: (certificate: AcmeCertificate) => void;
  /** Hears of each failure; it is tried again. Default: `console.error`. */
  readonly onError?: (error: unknown, names: readonly string[]) => void;
  /** Source of time and timers. Default: the system clock. */
  readonly clock?: Clock;
  /** Source of chance, 0 to 1. Default `Math.random`. */
  readonly random?: () => number;
}

/** Certificates that are got from an authority, and renewed in time. */
export interface AcmeCertificates extends CertificateSource, AsyncDisposable {
  /** Resolves when there is a certificate for each list of names. Rejects with ClosedError if it is closed before. */
  ready(): Promise<void>;
  /** Renews all now; those under way are waited for, not asked for twice. @throws What the first one fails with. */
  renew(): Promise<void>;
  /** Asks for no more, and gives up what is under way; certificates that are there stay. */
  close(): Promise<void>;
}

/**
 * Gets certificates, keeps them, and renews each when a third of its time is left.
 *
 * @remarks
 * What `storage` has is shown at once, and is asked for only when it is due. A failure changes nothing but the time of the next try: the
 * certificate that is there is shown until it expires, and after that too.
 *
 * @throws UsageError if an option is out of its range.
 *
 * @example
 * // await using certificates = acmeCertificates({ client, storage, certificates: [['example.com', 'www.example.com']] });
 * // await certificates.ready();
 * // serveListener(listener, stack(tlsAcceptLayer({ certificates }), server));
 */
export function acmeCertificates(options: AcmeCertificatesOptions): AcmeCertificates {
  checkOptions(options);
  return new RenewingSource(options);
}

class RenewingSource implements AcmeCertificates {
  readonly #all: readonly RenewedCertificate[];
  readonly #fallback: 'first' | 'none';
  readonly #waiting = new Set<{ readonly resolve: () => void; readonly reject: (reason: unknown) => void }>();
  #store: CertificateStore | undefined;
  #closed: ClosedError | undefined;

  constructor(options: AcmeCertificatesOptions) {
    const { certificates, onObtained, fallback = 'first' } = options;
    const onError = failureSink(options.onError, (names: readonly string[]) => `a certificate for ${names.join(', ')}`);
    const { renewAtRatio = 1 / 3, jitterRatio = 0.1, retryMs = 60_000, maxRetryMs = 21_600_000 } = options;
    const { client, storage, clock = systemClock, random = Math.random } = options;
    const common = { client, storage, renewAtRatio, jitterRatio, retryMs, maxRetryMs, clock, random };
    this.#fallback = fallback;
    this.#all = certificates.map(checkedNames).map(
      (names) =>
        new RenewedCertificate({
          ...common,
          names,
          onError: (error) => onError(error, names),
          onObtained: (certificate) => {
            this.#show();
            onObtained?.(certificate);
          },
        }),
    );
    for (const certificate of this.#all) void certificate.start();
  }

  certificateFor(serverName: string | undefined) {
    return this.#store?.certificateFor(serverName);
  }

  ready(): Promise<void> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    if (this.#isReady) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiting.add({ resolve, reject }));
  }

  async renew(): Promise<void> {
    if (this.#closed !== undefined) throw this.#closed;
    await Promise.all(this.#all.map((certificate) => certificate.renew()));
  }

  async close(): Promise<void> {
    if (this.#closed !== undefined) return;
    this.#closed = new ClosedError('the certificates are closed');
    for (const certificate of this.#all) certificate.close(this.#closed);
    for (const { reject } of this.#waiting) reject(this.#closed);
    this.#waiting.clear();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #isReady(): boolean {
    return this.#all.every(({ current }) => current !== undefined);
  }

  /** Shows what there is now; the store finds the one for a name. */
  #show(): void {
    const shown = this.#all.flatMap(({ current }) => current ?? []);
    if (this.#store === undefined) this.#store = certificateStore(shown, { fallback: this.#fallback });
    else this.#store.replace(shown);
    if (!this.#isReady) return;
    for (const { resolve } of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

function checkOptions(options: AcmeCertificatesOptions): void {
  const { client, storage, certificates, fallback = 'first' } = options;
  const { renewAtRatio = 1 / 3, jitterRatio = 0.1, retryMs = 60_000, maxRetryMs = 21_600_000 } = options;
  if (typeof client?.obtain !== 'function') throw new UsageError('client is missing');
  if (typeof storage?.load !== 'function') throw new UsageError('storage is missing');
  if (!Array.isArray(certificates) || certificates.length === 0) throw new UsageError('certificates is empty');
  if (!(renewAtRatio >= 0.05 && renewAtRatio <= 0.95))
    throw new UsageError(`renewAtRatio must be 0.05 to 0.95, got ${renewAtRatio}`);
  if (!(jitterRatio >= 0 && jitterRatio <= 1)) throw new UsageError(`jitterRatio must be 0 to 1, got ${jitterRatio}`);
  if (!(retryMs > 0)) throw new UsageError(`retryMs must be > 0, got ${retryMs}`);
  if (!(maxRetryMs >= retryMs)) throw new UsageError(`maxRetryMs must be >= retryMs, got ${maxRetryMs}`);
  if (fallback !== 'first' && fallback !== 'none')
    throw new UsageError(`fallback must be first or none, got ${fallback}`);
}
