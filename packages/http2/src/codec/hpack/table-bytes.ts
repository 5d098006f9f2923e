import { UsageError } from '@lamella/service-core';

/** Size of both dynamic tables until settings say otherwise, in bytes. RFC 9113 section 6.5.2. */
export const INITIAL_TABLE_BYTES = 4_096;

/** Largest table that we use or let the peer use, in bytes. */
export const MAX_TABLE_BYTES = 16_777_216;

/** @throws UsageError when a size of a table is out of range. */
export function checkTableBytes(bytes: number): void {
  if (Number.isInteger(bytes) && bytes >= 0 && bytes <= MAX_TABLE_BYTES) return;
  throw new UsageError(`maxTableBytes must be an integer from 0 to ${MAX_TABLE_BYTES}, got ${bytes}`);
}
