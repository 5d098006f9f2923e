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

/**
 * Makes who hears of failures safe to call: it never throws. What it throws is told on `console.error`, beside the failure that it was to hear of.
 *
 * @param onError - Who hears of failures. Default: {@link tellFailure}.
 * @param whatOf - What failed, of what is told beside the error.
 * @param name - That of `onError`, where it is called otherwise.
 *
 * @example
 * const onError = failureSink(undefined, (task: string) => `task ${task}`);
 * onError(new Error('a bug'), 'clean-up'); // lamella: task clean-up failed: Error: a bug ...
 */
export function failureSink<Told extends unknown[]>(
  onError: ((error: unknown, ...told: Told) => void) | undefined,
  whatOf: (...told: Told) => string,
  name = 'onError',
): (error: unknown, ...told: Told) => void {
  if (onError === undefined) return (error, ...told) => tellFailure(whatOf(...told), error);
  return (error, ...told) => {
    try {
      onError(error, ...told);
    } catch (worse) {
      tellFailure(whatOf(...told), error);
      tellFailure(name, worse);
    }
  };
}

/** Messages may quote what a peer has sent. */
function inOneLine(message: string): string {
  return message.slice(0, MAX_CHARACTERS).replaceAll(UNSEEN, '\u{fffd}');
}

/** Controls, ends of lines, and what turns the direction of a text around. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const MAX_CHARACTERS = 1_000;
