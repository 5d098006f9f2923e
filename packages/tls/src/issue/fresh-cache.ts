import type { Clock } from '@lamella/service-core';
import type { IssuedCertificate } from './issued-certificate.ts';

/** Keeps certificates until a third of their time is left, the ones used last; each is made once for all who wait for it. */
export class FreshCache {
  readonly #entries = new Map<string, Entry>();
  readonly #maxEntries: number;
  readonly #clock: Clock;

  constructor(maxEntries: number, clock: Clock) {
    this.#maxEntries = maxEntries;
    this.#clock = clock;
  }

  /** Number of entries, those being made included. */
  get size(): number {
    return this.#entries.size;
  }

  /** Finds what stands under a key, or makes it. A failure is passed on to all who wait, and not kept. */
  get(key: string, make: () => Promise<IssuedCertificate>): IssuedCertificate | Promise<IssuedCertificate> {
    const known = this.#entries.get(key);
    if (known !== undefined && this.#isFresh(known)) {
      this.#entries.delete(key); // to the end: used last
      this.#entries.set(key, known);
      return known.certificate ?? known.making;
    }
    const entry: Entry = { making: make(), certificate: undefined };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    this.#shrink();
    entry.making.then(
      (certificate) => {
        entry.certificate = certificate;
      },
      () => {
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
      },
    );
    return entry.making;
  }

  #isFresh({ certificate }: Entry): boolean {
    if (certificate === undefined) return true; // being made now
    const { validFromMs, validToMs } = certificate;
    return this.#clock.epochMs() < validToMs - (validToMs - validFromMs) / 3;
  }

  #shrink(): void {
    for (const key of this.#entries.keys()) {
      if (this.#entries.size <= this.#maxEntries) return;
      this.#entries.delete(key);
    }
  }
}

interface Entry {
  readonly making: Promise<IssuedCertificate>;
  certificate: IssuedCertificate | undefined;
}
