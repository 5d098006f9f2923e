import type { Clock, Timer } from '@lamella/service-core';
import type { AcmeClient } from '../client/acme-client.ts';
import type { AcmeCertificate } from '../client/obtained-certificate.ts';
import { AcmeError } from '../errors.ts';
import type { AcmeStorage } from '../storage/acme-storage.ts';
import { loadCertificate, storeCertificate } from './kept-certificate.ts';

/** What a {@link RenewedCertificate} works with. */
export interface RenewedCertificateOptions {
  readonly names: readonly string[];
  readonly client: AcmeClient;
  readonly storage: AcmeStorage;
  readonly renewAtRatio: number;
  readonly jitterRatio: number;
  readonly retryMs: number;
  readonly maxRetryMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onObtained: (certificate: AcmeCertificate) => void;
  readonly onError: (error: unknown) => void;
}

/** One certificate that is got, kept, and renewed in time. */
export class RenewedCertificate {
  readonly #options: RenewedCertificateOptions;
  readonly #closing = new AbortController();
  #current: AcmeCertificate | undefined;
  #timer: Timer | undefined;
  #renewing: Promise<AcmeCertificate> | undefined;
  #keeping: Promise<void> = Promise.resolve();
  #failures = 0;
  /** When to ask for the next one, in milliseconds since the Unix epoch. */
  #notBeforeMs = 0;

  constructor(options: RenewedCertificateOptions) {
    this.#options = options;
  }

  /** The certificate to show, if there is one. */
  get current(): AcmeCertificate | undefined {
    return this.#current;
  }

  /** Takes what is kept, and asks for what is not. */
  async start(): Promise<void> {
    const { names, storage, clock, onError } = this.#options;
    try {
      const kept = await loadCertificate(storage, names, clock.epochMs());
      if (kept !== undefined) this.#take(kept);
    } catch (error) {
      onError(error); // a certificate that can't be read is asked for anew
    }
    this.#plan();
  }

  /** Gets a new one now; whoever asks before it is there gets the same one. Resolves when it is kept. */
  renew(): Promise<AcmeCertificate> {
    this.#renewing ??= this.#renew();
    return this.#renewing;
  }

  /** Asks for no more, and gives up what is under way. */
  close(reason: unknown): void {
    this.#closing.abort(reason);
    this.#timer?.cancel();
  }

  async #renew(): Promise<AcmeCertificate> {
    try {
      const certificate = await this.#obtain();
      await this.#keep(certificate);
      return certificate;
    } finally {
      this.#plan();
    }
  }

  async #obtain(): Promise<AcmeCertificate> {
    const { names, client, clock, retryMs } = this.#options;
    const { signal } = this.#closing;
    try {
      const certificate = await client.obtain(names, { signal });
      signal.throwIfAborted();
      this.#renewing = undefined; // who asks from here on wants another one
      this.#failures = 0;
      this.#take(certificate);
      // One that is due as soon as it comes must not be asked for over and over.
      this.#notBeforeMs = Math.max(this.#notBeforeMs, clock.epochMs() + retryMs);
      return certificate;
    } catch (error) {
      this.#renewing = undefined;
      this.#failures++;
      this.#notBeforeMs = clock.epochMs() + this.#delayAfter(error);
      throw error;
    }
  }

  /** One behind the other, so that the last one stays. It is good even if it can't be kept; asking for another one would not help. */
  #keep(certificate: AcmeCertificate): Promise<void> {
    const { names, storage, onError } = this.#options;
    this.#keeping = this.#keeping.then(() => storeCertificate(storage, names, certificate)).catch(onError);
    return this.#keeping;
  }

  #take(certificate: AcmeCertificate): void {
    const { random, renewAtRatio, jitterRatio, onObtained, onError } = this.#options;
    const { validFromMs, validToMs } = certificate;
    const restMs = (validToMs - validFromMs) * renewAtRatio;
    this.#current = certificate;
    // Later by a part of what is left, by chance: not all servers of a house at the same time.
    this.#notBeforeMs = validToMs - restMs * (1 - jitterRatio * random());
    try {
      onObtained(certificate);
    } catch (error) {
      onError(error); // the certificate is good whoever fails to hear of it
    }
  }

  /** Twice as long after each failure, and as long as the server asks for. */
  #delayAfter(error: unknown): number {
    const { retryMs, maxRetryMs, jitterRatio, random } = this.#options;
    const backoffMs = Math.min(retryMs * 2 ** (this.#failures - 1), maxRetryMs);
    const askedMs = error instanceof AcmeError ? Math.min(error.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS) : 0;
    return Math.max(backoffMs * (1 + jitterRatio * random()), askedMs);
  }

  /** Looks again when it is time, and at least once a day: the clock of a machine may jump, and machines sleep. */
  #plan(): void {
    this.#timer?.cancel();
    if (this.#closing.signal.aborted) return;
    const { clock, onError } = this.#options;
    const delayMs = this.#notBeforeMs - clock.epochMs();
    if (delayMs > 0) {
      this.#timer = clock.startTimer(Math.min(delayMs, DAY_MS), () => this.#plan());
      return;
    }
    this.renew().catch((error: unknown) => {
      if (!this.#closing.signal.aborted) onError(error);
    });
  }
}

const DAY_MS = 86_400_000;
/** A week: longer than any limit of an authority, and shorter than what is left when renewing begins. */
const MAX_RETRY_AFTER_MS = 7 * DAY_MS;
