/**
 * Decides whether an input is meant, and says what it found there.
 *
 * @remarks
 * A matcher writes nothing: what it captures is its return value, and whoever chose by it stores the
 * captures once, after the choice.
 */
export interface Matcher<in Input, out Captures = unknown> {
  /** Decides. @returns The captures when the input matches (`{}` when there is nothing to capture), else `undefined`. */
  readonly match: (input: Input) => Captures | undefined;
}

/** Captures of a matcher that only answers yes or no. */
export type NoCaptures = Readonly<Record<never, never>>;

/**
 * Makes a {@link Matcher} of a predicate.
 *
 * @example
 * const isLong = matcherFn((text: string) => text.length > 3);
 * isLong.match('four') !== undefined; // true
 */
export function matcherFn<Input>(predicate: (input: Input) => boolean): Matcher<Input, NoCaptures> {
  return { match: (input) => (predicate(input) ? NO_CAPTURES : undefined) };
}

/** Matches when both match; captures of both, those of `second` win. */
export function andMatcher<Input, First, Second>(
  first: Matcher<Input, First>,
  second: Matcher<Input, Second>,
): Matcher<Input, First & Second> {
  return {
    match(input) {
      const captures = first.match(input);
      if (captures === undefined) return undefined;
      const more = second.match(input);
      return more === undefined ? undefined : { ...captures, ...more };
    },
  };
}

/** Matches when either matches; captures of the first that does. */
export function orMatcher<Input, First, Second>(
  first: Matcher<Input, First>,
  second: Matcher<Input, Second>,
): Matcher<Input, First | Second> {
  return { match: (input) => first.match(input) ?? second.match(input) };
}

/** Matches when `matcher` does not. */
export function notMatcher<Input>(matcher: Matcher<Input>): Matcher<Input, NoCaptures> {
  return { match: (input) => (matcher.match(input) === undefined ? NO_CAPTURES : undefined) };
}

const NO_CAPTURES: NoCaptures = Object.freeze({});
