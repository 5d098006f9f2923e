import type { CacheEntry } from './cache-entry.ts';
import { isSameVariant } from './store/http-cache-store.ts';

/** A response that is on its way into the store. */
export interface Fill {
  /** Its head, once it is there. */
  entry: CacheEntry | undefined;
  /** Whether it says what is no longer so, and must not be stored. */
  isOutdated: boolean;
}

/**
 * The responses on their way into the store, by key: a body takes as long as its reader likes, and what changes meanwhile must not be
 * undone by its end.
 */
export class Fills {
  /** In the order in which they were asked for. */
  readonly #fills = new Map<string, Set<Fill>>();

  /** To be called before the origin is asked; and {@link end} in any case. */
  begin(key: string): Fill {
    const fill: Fill = { entry: undefined, isOutdated: false };
    const fills = this.#fills.get(key);
    if (fills === undefined) this.#fills.set(key, new Set([fill]));
    else fills.add(fill);
    return fill;
  }

  /** It is stored, or is not going to be. One that was asked for earlier, of the same variant, comes too late then. */
  end(key: string, fill: Fill, isStored: boolean): void {
    const fills = this.#fills.get(key);
    if (fills === undefined) return;
    const { entry } = fill;
    if (isStored && entry !== undefined) {
      for (const earlier of fills) {
        if (earlier === fill) break;
        if (earlier.entry !== undefined && isSameVariant(earlier.entry, entry)) earlier.isOutdated = true;
      }
    }
    fills.delete(fill);
    if (fills.size === 0) this.#fills.delete(key);
  }

  /** The resource has changed: what was asked for before is not stored. */
  outdate(key: string): void {
    for (const fill of this.#fills.get(key) ?? []) fill.isOutdated = true;
  }
}
