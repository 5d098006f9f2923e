import type { X509Certificate } from 'node:crypto';
import type { KnownSession, SessionCache } from './session-cache.ts';

/** The sessions of one handshake: the one that is offered, and those that come of it. */
export class TicketKeeper {
  /** The session to go on with, if there is one. */
  readonly offered: KnownSession | undefined;
  readonly #cache: SessionCache;
  readonly #key: string;
  #trusted: X509Certificate | undefined;
  #latest: Buffer | undefined;

  /** @param nowMs - Time of the day: a session does not outlive its certificate. */
  constructor(cache: SessionCache, key: string, nowMs: number) {
    this.#cache = cache;
    this.#key = key;
    const known = cache.get(key);
    if (known !== undefined && nowMs <= Date.parse(known.certificate.validTo)) this.offered = known;
  }

  /** Takes a ticket of the server. They come at any time, and are kept only once the server is known to be the right one. */
  take(ticket: Buffer): void {
    if (this.#trusted === undefined) this.#latest = ticket;
    else this.#cache.set(this.#key, { ticket, certificate: this.#trusted });
  }

  /** The server has shown this certificate, now or when the session began, and is the right one. */
  trust(certificate: X509Certificate): void {
    this.#trusted = certificate;
    if (this.#latest !== undefined) this.take(this.#latest);
  }

  /** A session that may be at fault is not offered again. */
  forget(): void {
    this.#cache.delete(this.#key);
  }
}
