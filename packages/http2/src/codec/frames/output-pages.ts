/**
 * Memory that output is written into. All connections share what is free: an idle connection holds none.
 *
 * @returns A page, whose content is whatever it was.
 */
export function takePage(): Buffer {
  const page = free.pop();
  if (page !== undefined) return page;
  const fresh = Buffer.allocUnsafeSlow(PAGE_BYTES);
  pages.set(fresh.buffer, fresh);
  return fresh;
}

/** Gives a page back that nobody looks at any more: a whole one, or a chunk of output from its begin. */
export function returnPage(chunk: Uint8Array): void {
  const page = chunk.byteOffset === 0 ? pages.get(chunk.buffer) : undefined;
  if (page !== undefined && free.length < MAX_FREE_PAGES) free.push(page);
}

/** Somebody else has a page for good now: whatever becomes of its chunk, here or there, it is no page any more. */
export function giveAwayPage(chunk: Uint8Array): void {
  pages.delete(chunk.buffer);
}

/** Whether a chunk of output is a page, or the begin of one; memory of the same size may belong to anybody. */
export function isPage(chunk: Uint8Array): boolean {
  return chunk.byteOffset === 0 && pages.has(chunk.buffer);
}

/** Length of a page, in bytes. */
export const PAGE_BYTES: number = 64 * 1024;

/** As many as connections wait for the end of a turn with what they have to write. */
const MAX_FREE_PAGES = 64;
const free: Buffer[] = [];
/** Every page by its memory. */
const pages = new WeakMap<ArrayBufferLike, Buffer>();
