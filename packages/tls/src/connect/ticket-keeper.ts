import type { X509Certificate } from 'node:crypto';
import type { KnownSession, SessionCache } from './session-cache.ts';

/** The sessions of one handshake: the one that is offered, and those that come of it. */
export class TicketKeeper {
  /** The session to go on with, if there is one. */
  readonly offered: KnownSession | undefined;
  readonly #cache: SessionCache;
  readonly #key: string;
  readonly #nowMs: number;
  #trusted: Omit<KnownSession, 'ticket'> | undefined;
  #latest: Buffer | undefined;

  /** @param nowMs - Time of the day: a session does not outlive its certificate, which is looked at again after a day. RFC 8446 section 4.6.1. */
  constructor(cache: SessionCache, key: string, nowMs: number) {
    this.#cache = cache;
    this.#key = key;
    this.#nowMs = nowMs;
    const known = cache.get(key);
    if (known === undefined || nowMs > known.shownAtMs + MAX_AGE_MS) return;
    if (nowMs <= Date.parse(known.certificate.validTo)) this.offered = known;
  }

  /** Takes a ticket of the server. They come at any time, and are kept only once the server is known to be the right one. */
  take(ticket: Buffer): void {
    if (this.#trusted === undefined) this.#latest = ticket;
    else this.#cache.set(this.#key, { ticket, ...this.#trusted });
  }

  /** The server has shown this certificate, now or when the session that goes on began, and is the right one. */
  trust(certificate: X509Certificate, goesOn: boolean): void {
    this.#trusted = { certificate, shownAtMs: (goesOn ? this.offered?.shownAtMs : undefined) ?? this.#nowMs };
    if (this.#latest !== undefined) this.take(this.#latest);
  }

  /** A session that may be at fault is not offered again. */
  forget(): void {
    this.#cache.delete(this.#key);
  }
}

/** Each handshake brings new tickets: without an end, whatever was revoked meanwhile would never be noticed. */
const MAX_AGE_MS = 86_400_000;
