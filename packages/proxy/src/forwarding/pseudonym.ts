import { randomBytes } from 'node:crypto';

/** A name for Via that no other proxy has, so that a loop is told from a second proxy of the same kind. */
export function randomPseudonym(): string {
  return `lamella-${randomBytes(6).toString('hex')}`;
}
