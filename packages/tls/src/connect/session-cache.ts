import type { X509Certificate } from 'node:crypto';

/** A session that can go on, and whose it is. */
export interface KnownSession {
  readonly ticket: Buffer;
  /** What the server has shown when the session began; it is not shown again. */
  readonly certificate: X509Certificate;
  /** When it has shown that, in milliseconds since the Unix epoch. */
  readonly shownAtMs: number;
}

/** Keeps the latest session for each identity, and forgets the one that was used the longest time ago when there are too many. */
export class SessionCache {
  readonly #maxSessions: number;
  readonly #sessions = new Map<string, KnownSession>();

  /** @param maxSessions - An integer from 0, which keeps none. */
  constructor(maxSessions: number) {
    this.#maxSessions = maxSessions;
  }

  /** How many are kept. */
  get size(): number {
    return this.#sessions.size;
  }

  get(key: string): KnownSession | undefined {
    const session = this.#sessions.get(key);
    if (session !== undefined) this.set(key, session);
    return session;
  }

  set(key: string, session: KnownSession): void {
    this.#sessions.delete(key);
    if (this.#maxSessions === 0) return;
    this.#sessions.set(key, session);
    if (this.#sessions.size <= this.#maxSessions) return;
    const oldest = this.#sessions.keys().next();
    if (oldest.done !== true) this.#sessions.delete(oldest.value);
  }

  delete(key: string): void {
    this.#sessions.delete(key);
  }
}
