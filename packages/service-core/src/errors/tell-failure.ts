import { isLamellaError, UsageError } from './errors.ts';

/**
 * Tells a failure on `console.error`, where nobody else wants to hear of it.
 *
 * @remarks
 * One line for what a peer, a limit or the network has brought about: strangers must not fill a log with stacks. What a program has done wrong comes with all
 * that is known of it.
 *
 * @param what - What failed, such as `'a connection'`.
 *
 * @example
 * declare const error: unknown;
 * tellFailure('a connection', error); // lamella: a connection failed: timeoutMs of 10000 ms reached (LML_ERR_TIMEOUT)
 */
export function tellFailure(what: string, error: unknown): void {
  if (!isLamellaError(error) || error instanceof UsageError) console.error(`lamella: ${what} failed:`, error);
  else console.error(`lamella: ${what} failed: ${inOneLine(error.message)} (${error.code})`);
}

/** Messages may quote what a peer has sent. */
function inOneLine(message: string): string {
  return message.replaceAll(CONTROL, '\u{fffd}');
}

const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;
