import type { Split } from '@lamella/net-core/testing';
import { splitsOf } from '@lamella/net-core/testing';
import { cut } from '../../support/arbitraries.ts';
import { bytesOf } from '../../support/codec.ts';

/** Ways to cut an input: whole, byte by byte, in two at every position; a long one not at every position. */
export function* cutsOf(input: string): Generator<Split> {
  const bytes = bytesOf(input);
  if (bytes.length <= SHORT_BYTES) {
    yield* splitsOf(bytes);
    return;
  }
  yield { name: 'whole', parts: [bytes] };
  for (const size of [997, 4_096, bytes.length - 1]) {
    yield { name: `${size} bytes at a time`, parts: cut(bytes, [size]) };
  }
}

const SHORT_BYTES = 320;
