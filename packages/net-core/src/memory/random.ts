/** Numbers that look random and are the same for the same seed. */
export interface Random {
  /** @returns A number in [0, 1). */
  readonly next: () => number;
  /** @returns `range` if it is one number, else a whole number from its first to its last. */
  readonly within: (range: NumberRange) => number;
}

/** One number, or the smallest and the largest to choose from. */
export type NumberRange = number | readonly [minimum: number, maximum: number];

/** Makes a {@link Random}: the 32-bit mulberry generator, public domain, good enough to shuffle packets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    within: (range) => {
      if (typeof range === 'number') return range;
      const [minimum, maximum] = range;
      return minimum + Math.floor(next() * (maximum - minimum + 1));
    },
  };
}
