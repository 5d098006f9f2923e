import type { Duplex } from 'node:stream';

/**
 * Whether an error says that a write found nobody who would take it: the peer has closed. What it has sent before that may be here already,
 * unread, such as the answer that says why.
 */
export function isLostWrite(error: unknown): error is NodeJS.ErrnoException {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return false;
  return error.syscall === 'write' && (error.code === 'EPIPE' || error.code === 'ECONNRESET');
}

/**
 * Whether an end that is read behind a lost write is that of the peer. A kernel tells of a reset once: where the write was told, the next
 * read finds an end that nobody has sent.
 */
export function tellsTrueEnd(error: unknown): boolean {
  return !isLostWrite(error) || error.code !== 'ECONNRESET';
}

/**
 * Takes back what Node has noted: a failed write is an error of the reading side too, which then hears of no end.
 *
 * @returns Whether the duplex can be read again.
 */
export function allowReads(duplex: Duplex): boolean {
  const state = (duplex as { _readableState?: { errored?: unknown } })._readableState; // Node's own
  if (state === undefined) return false;
  state.errored = null;
  return duplex.errored === null;
}

/**
 * How long what has come before a lost write may take to be read, in milliseconds. A peer that is gone sends nothing more, so the end comes as
 * soon as all was read; this is for readers that do not read, and for Unix sockets whose peer has ended one direction only.
 */
export const LAST_READS_MS = 5_000;
