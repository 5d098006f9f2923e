import type { Split } from '@lamella/net-core/testing';
import { splitsOf } from '@lamella/net-core/testing';

/**
 * Ways to cut an input: whole, byte by byte, and in two.
 *
 * @param step - Bytes from one place to cut at to the next; 1 for all of them.
 */
export function* cutsOf(input: string, step: number): Generator<Split> {
  const bytes = Uint8Array.from(Buffer.from(input, 'latin1'));
  let index = 0;
  for (const split of splitsOf(bytes)) {
    if (split.name === 'byte by byte' && bytes.length > LONG_BYTES) continue;
    if (index++ < 2 || index % step === 0) yield split;
  }
}

const LONG_BYTES = 2_000;
