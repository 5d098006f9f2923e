/**
 * Hashes a text to 32 bits, well spread; not for secrets.
 *
 * @remarks
 * FNV-1a over UTF-16 code units, then the finalizer of MurmurHash3: similar texts, such as numbered ones, land far apart.
 *
 * @returns An integer from 0 to 2^32 - 1.
 */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
