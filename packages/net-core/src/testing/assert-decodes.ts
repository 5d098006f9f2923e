import { inspect, isDeepStrictEqual } from 'node:util';
import { ByteCursor } from '../bytes/byte-cursor.ts';
import { codeOf } from './expect.ts';

/** What {@link assertDecodes} can examine: a resumable decoder that only moves the cursor. */
export interface Decoder<Output> {
  /** Decodes on. @returns The next output, or `undefined` when the input ran out first. */
  decode(input: ByteCursor): Output | undefined;
}

/**
 * Verifies that a decoder gives the same outputs however its input is split: whole, byte by byte, and cut at every
 * position.
 *
 * @param create - Makes a fresh decoder.
 * @param bytes - The whole input; the decoder must take all of it.
 * @param expected - The outputs, compared by deep equality.
 * @throws An error that shows the first split that went wrong.
 */
export function assertDecodes<Output>(
  create: () => Decoder<Output>,
  bytes: Uint8Array,
  expected: readonly Output[],
): void {
  for (const split of splitsOf(bytes)) {
    const outputs = decodeAll(create(), split);
    if (!isDeepStrictEqual(outputs, expected)) {
      throw new Error(`${split.name}: expected ${inspect(expected)}, got ${inspect(outputs)}`);
    }
  }
}

/**
 * Verifies that a decoder refuses its input with the same error however the input is split.
 *
 * @param code - The `code` of the error.
 */
export function assertDecodeFails<Output>(create: () => Decoder<Output>, bytes: Uint8Array, code: string): void {
  for (const split of splitsOf(bytes)) {
    let outputs: readonly Output[];
    try {
      outputs = decodeAll(create(), split);
    } catch (error) {
      if (codeOf(error) === code) continue;
      throw new Error(`${split.name}: expected ${code}, got ${inspect(error)}`, { cause: error });
    }
    throw new Error(`${split.name}: expected ${code}, but it decoded to ${inspect(outputs)}`);
  }
}

/** One way of cutting an input. */
export interface Split {
  /** For messages. */
  readonly name: string;
  /** The pieces, in order. */
  readonly parts: readonly Uint8Array[];
}

/** Every way of cutting `bytes` that tests use: whole, byte by byte, and in two at every position. */
export function* splitsOf(bytes: Uint8Array): Generator<Split> {
  yield { name: 'whole', parts: [bytes] };
  yield { name: 'byte by byte', parts: Array.from(bytes, (_, index) => bytes.slice(index, index + 1)) };
  for (let cut = 1; cut < bytes.length; cut++) {
    yield { name: `cut at ${cut}`, parts: [bytes.slice(0, cut), bytes.slice(cut)] };
  }
}

function decodeAll<Output>(decoder: Decoder<Output>, split: Split): Output[] {
  const outputs: Output[] = [];
  for (const part of split.parts) {
    // A margin on both sides: a decoder that looks beyond its cursor finds rubbish there.
    const padded = new Uint8Array(part.length + 2).fill(0xff);
    padded.set(part, 1);
    const input = new ByteCursor(padded, 1, part.length + 1);
    for (let output = decoder.decode(input); output !== undefined; output = decoder.decode(input)) outputs.push(output);
    if (input.remaining > 0) throw new Error(`${split.name}: ${input.remaining} bytes were left over`);
  }
  return outputs;
}
