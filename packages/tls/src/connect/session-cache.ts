/** Keeps the latest session for each identity, and forgets the one that was used the longest time ago when there are too many. */
export class SessionCache {
  readonly #maxSessions: number;
  readonly #sessions = new Map<string, Buffer>();

  /** @param maxSessions - An integer from 0, which keeps none. */
  constructor(maxSessions: number) {
    this.#maxSessions = maxSessions;
  }

  /** How many are kept. */
  get size(): number {
    return this.#sessions.size;
  }

  get(key: string): Buffer | undefined {
    const session = this.#sessions.get(key);
    if (session !== undefined) this.set(key, session);
    return session;
  }

  set(key: string, session: Buffer): void {
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
