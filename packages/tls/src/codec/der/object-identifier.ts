import { UsageError } from '@lamella/service-core';
import { encodeDer } from './der-encoder.ts';

/**
 * Encodes an OBJECT IDENTIFIER.
 *
 * @remarks
 * Source: X.690 section 8.19: the first two numbers share a byte or more, each number goes seven bits at a time.
 *
 * @param dotted - Such as `'2.5.29.17'`.
 * @throws UsageError if it is none: the first number is 0 to 2, the second below 40 unless the first is 2.
 */
export function derObjectIdentifier(dotted: string): Uint8Array {
  const [first, second, ...rest] = DOTTED.test(dotted) ? dotted.split('.').map(Number) : [];
  const isKnown = first !== undefined && second !== undefined;
  if (!isKnown || first > 2 || (first < 2 && second >= 40) || ![second, ...rest].every(Number.isSafeInteger)) {
    throw new UsageError(`${JSON.stringify(dotted)} is no object identifier`);
  }
  return encodeDer(0x06, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)));
}

/** Big-endian in groups of seven bits; all but the last have the eighth bit. */
function base128(number: number): readonly number[] {
  const bytes = [number % 0x80];
  for (let rest = Math.floor(number / 0x80); rest > 0; rest = Math.floor(rest / 0x80)) {
    bytes.unshift(0x80 | (rest % 0x80));
  }
  return bytes;
}

const DOTTED = /^[0-9]{1,16}(?:\.[0-9]{1,16}){1,30}$/;
