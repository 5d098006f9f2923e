/**
 * Strings of some literals that came more than once.
 *
 * @remarks
 * Some peers never index a path, though they ask for the same one all the time. To decode it again takes several times as long
 * as to find it here. Each literal has one place in the cache, and its bytes are compared.
 */
export class LiteralCache {
  /** The last literal of each place that was not kept: what comes once is not worth a copy. */
  readonly #passed = new Int32Array(PLACES);
  /** Made when something comes again: on most connections nothing ever does. */
  #kept: KeptLiterals | undefined;
  #hash = 0;

  /**
   * @param bytes - Holds a literal as it came, with its length in front, from `start` to `end`: at most
   * {@link MAX_LITERAL_BYTES}.
   * @returns Its string, or `undefined`: then {@link keep} can be called.
   */
  find(bytes: Uint8Array, start: number, end: number): string | undefined {
    // Reads are inside of start..end and of the places.
    let hash = 1;
    for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
    this.#hash = hash;
    const place = placeOf(hash);
    const kept = this.#kept;
    if (kept === undefined || kept.lengths[place] !== end - start) return undefined;
    const shift = place * MAX_LITERAL_BYTES - start;
    for (let at = start; at < end; at++) if (bytes[at] !== kept.bytes[at + shift]) return undefined;
    return kept.texts[place];
  }

  /** Keeps the string of the literal that was not found just before, unless it came for the first time. */
  keep(bytes: Uint8Array, start: number, end: number, text: string): void {
    const place = placeOf(this.#hash);
    if (this.#passed[place] !== this.#hash) {
      this.#passed[place] = this.#hash;
      return;
    }
    this.#kept ??= new KeptLiterals();
    const kept = this.#kept;
    kept.lengths[place] = end - start;
    const shift = place * MAX_LITERAL_BYTES - start;
    for (let at = start; at < end; at++) kept.bytes[at + shift] = bytes[at] as number; // inside of start..end
    kept.texts[place] = text;
  }
}

class KeptLiterals {
  readonly lengths: Uint8Array = new Uint8Array(PLACES);
  readonly bytes: Uint8Array = new Uint8Array(PLACES * MAX_LITERAL_BYTES);
  readonly texts: string[] = new Array(PLACES).fill('');
}

/** Longest literal that is worth it, with its length, in bytes. */
export const MAX_LITERAL_BYTES = 48;

function placeOf(hash: number): number {
  return (hash ^ (hash >>> 11)) & (PLACES - 1);
}

/** A power of two. */
const PLACES = 16;
