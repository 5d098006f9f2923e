import { createHash } from 'node:crypto';

/** Bytes that can't be told from random ones, the same every time, of any length; each chunk is 64 KiB at most. */
export function* patternChunks(length: number): Generator<Buffer> {
  for (let offset = 0; offset < length; ) {
    // The block has an odd length, so that chunks differ: a chunk that is lost, doubled or moved changes the sum.
    const start = offset % BLOCK.length;
    const chunk = BLOCK.subarray(start, Math.min(BLOCK.length, start + 65_536, start + length - offset));
    offset += chunk.length;
    yield chunk;
  }
}

/** SHA-1 of {@link patternChunks}: the fastest sum that Node has for bulk. */
export function patternSum(length: number): string {
  const hash = createHash('sha1');
  for (const chunk of patternChunks(length)) hash.update(chunk);
  return hash.digest('hex');
}

const BLOCK: Buffer = makeBlock(1_048_573);

function makeBlock(length: number): Buffer {
  const block = Buffer.alloc(length);
  let state = 0x9e3779b9;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    block[index] = state >>> 24;
  }
  return block;
}

/** SHA-1 of some bytes. */
export function sha1(bytes: Uint8Array): string {
  return createHash('sha1').update(bytes).digest('hex');
}
