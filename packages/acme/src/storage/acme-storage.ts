/** Keeps the account and certificates over restarts. */
export interface AcmeStorage {
  /**
   * Reads what is kept under a name.
   *
   * @param name - Lower-case letters, digits, dots and hyphens, at most 100.
   * @returns `undefined` if there is nothing.
   */
  load(name: string): Promise<string | undefined>;
  /** Keeps a text under a name, in place of what is there: as a whole or not at all. It has private keys in it. */
  store(name: string, text: string): Promise<void>;
}

/** Keeps things as long as the process lives: for tests. Each start asks for new certificates, which authorities of the web limit. */
export function memoryAcmeStorage(): AcmeStorage {
  const kept = new Map<string, string>();
  return {
    load: async (name) => kept.get(name),
    store: async (name, text) => void kept.set(name, text),
  };
}
