import type { Split } from '@lamella/net-core/testing';

/**
 * Ways to cut an input: whole, byte by byte, and in two.
 *
 * @param step - Bytes from one place to cut at to the next; 1 for all of them, as long as these are not too many.
 */
export function* cutsOf(input: string, step: number): Generator<Split> {
  const bytes = Uint8Array.from(Buffer.from(input, 'latin1'));
  yield { name: 'whole', parts: [bytes] };
  if (bytes.length <= LONG_BYTES) {
    yield { name: 'byte by byte', parts: Array.from(bytes, (_, index) => bytes.slice(index, index + 1)) };
  }
  const every = Math.max(step, Math.ceil(bytes.length / (bytes.length <= LONG_BYTES ? 60 : 8)));
  for (let cut = every; cut < bytes.length; cut += every) {
    yield { name: `cut at ${cut}`, parts: [bytes.slice(0, cut), bytes.slice(cut)] };
  }
}

const LONG_BYTES = 600;
