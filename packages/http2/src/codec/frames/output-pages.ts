/**
 * Memory that output is written into. All connections share what is free: an idle connection holds none.
 *
 * @returns A page, whose content is whatever it was.
 */
export function takePage(): Buffer {
  return free.pop() ?? Buffer.allocUnsafeSlow(PAGE_BYTES);
}

/** Gives a page back that nobody looks at any more: a whole one, or a chunk of output from its begin. */
export function returnPage(chunk: Uint8Array): void {
  if (chunk.byteOffset !== 0 || chunk.buffer.byteLength !== PAGE_BYTES || free.length >= MAX_FREE_PAGES) return;
  free.push(Buffer.from(chunk.buffer));
}

/** Length of a page, in bytes. */
export const PAGE_BYTES: number = 64 * 1024;

const MAX_FREE_PAGES = 16;
const free: Buffer[] = [];
