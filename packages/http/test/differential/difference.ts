import { isDeepStrictEqual } from 'node:util';
import type { Reading, ReadMessage, Subject } from './reading.ts';

/** One place at which the two engines part. */
export interface Difference {
  readonly subject: Subject;
  /** The message there, as each of them read it; `undefined` where one found none. */
  readonly ours: ReadMessage | undefined;
  readonly theirs: ReadMessage | undefined;
  /** The message before, on which both agree. */
  readonly last: ReadMessage | undefined;
  /** How each of them ended. */
  readonly ourEnd: Reading['end'];
  readonly theirEnd: Reading['end'];
  /** What each of them refused the input with; `''` if it did not. */
  readonly ourCode: string;
  readonly theirCode: string;
}

/** A difference that is as it should be, with its reason. */
export interface ExplainedDifference {
  /** A few words, unique. */
  readonly name: string;
  /** Where the rule stands that one of the two follows more closely. */
  readonly rule: string;
  readonly lamella: string;
  readonly llhttp: string;
  /** An input on which they differ by this, and by nothing else. */
  readonly example: Subject;
  /** Whether a difference is this one. */
  explains(difference: Difference): boolean;
}

/**
 * Compares two readings. Messages have to agree in every part, ends in how they came about; that both refuse is enough, for the
 * words of their errors are not the same.
 *
 * @returns Where they part. After a message that differs only in whether another may follow, the rest is compared all the same.
 */
export function differencesOf(subject: Subject, ours: Reading, theirs: Reading): Difference[] {
  const differences: Difference[] = [];
  const ends = { ourEnd: ours.end, theirEnd: theirs.end, ourCode: ours.code, theirCode: theirs.code };
  const count = Math.max(ours.messages.length, theirs.messages.length);
  for (let index = 0; index < count; index++) {
    const pair = { ours: ours.messages[index], theirs: theirs.messages[index] };
    if (isDeepStrictEqual(pair.ours, pair.theirs)) continue;
    differences.push({ subject, ...pair, last: ours.messages[index - 1], ...ends });
    const goesOn = ours.messages.length > index + 1 && theirs.messages.length > index + 1;
    if (!goesOn || !isSameButForFlag(pair.ours, pair.theirs)) return differences;
  }
  if (ours.end !== theirs.end || ours.rest !== theirs.rest) {
    differences.push({ subject, ours: undefined, theirs: undefined, last: ours.messages.at(-1), ...ends });
  }
  return differences;
}

/** Names and values of a message that llhttp or we have read, by name in lower case. */
export function valuesOf(message: ReadMessage | undefined, name: string): string[] {
  return (message?.headers ?? []).filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
}

/** We refused with one of these codes what llhttp read, or still waits for. */
export function weRefused(difference: Difference, ...codes: readonly string[]): boolean {
  const { ours, theirs, ourEnd, theirEnd, ourCode } = difference;
  const isOursAlone = ours === undefined && (theirs !== undefined || theirEnd !== 'refused');
  return isOursAlone && ourEnd === 'refused' && codes.includes(ourCode);
}

/** llhttp refused a message that we read. */
export function theyRefused(difference: Difference): boolean {
  return difference.ours !== undefined && difference.theirs === undefined && difference.theirEnd === 'refused';
}

/** Both read the same message, whatever they make of it for the connection. */
export function isSameButForFlag(ours: ReadMessage | undefined, theirs: ReadMessage | undefined): boolean {
  if (ours === undefined || theirs === undefined) return false;
  return isDeepStrictEqual({ ...ours, keepsAlive: true }, { ...theirs, keepsAlive: true });
}
