/** How an attempt ended, as a {@link RetryPolicy} is told; `outcome` says which of the last fields there is. */
export type AttemptResult<Input, Output> = AttemptOutput<Input, Output> | AttemptFailure<Input>;

/** An attempt that gave an output, which may be a bad one. */
export interface AttemptOutput<out Input, out Output> {
  /** How it ended. */
  readonly outcome: 'ok';
  /** Number of the attempt, counted from 1. */
  readonly attempt: number;
  /** What the inner service was called with: its store is that of the attempt, and says what happened in it. */
  readonly input: Input;
  /** What the inner service gave; borrowed. */
  readonly output: Output;
}

/** An attempt that failed. The caller's own cancellation never comes here. */
export interface AttemptFailure<out Input> {
  /** How it ended. */
  readonly outcome: 'error';
  /** Number of the attempt, counted from 1. */
  readonly attempt: number;
  /** What the inner service was called with: its store is that of the attempt, and says what happened in it. */
  readonly input: Input;
  /** What the inner service rejected with. */
  readonly error: unknown;
}

/** Says that another attempt is worth it. */
export interface RetryDecision<out NextInput = never> {
  /** Wait before it, in milliseconds, at least 0, such as a peer has asked for. Default: what the backoff says. */
  readonly delayMs?: number;
  /** What the next attempt is made of. Default: the same as this one. Its store is forked from the caller's in any case. */
  readonly input?: NextInput;
}

/**
 * Decides after each attempt whether to try again.
 *
 * @remarks
 * Without a hand in the input, `NextInput` is `never` and the policy fits any input that `Input` is a supertype of. A
 * policy that makes inputs fits services that take them.
 */
export interface RetryPolicy<in Input = unknown, in Output = unknown, out NextInput = never> {
  /**
   * Called once per call, before the first attempt: makes what all attempts are made of, such as a request whose body
   * can be sent again. Default: the input as it is.
   */
  readonly prepare?: (input: Input) => NextInput;
  /**
   * Called after each attempt, also after the last one that is allowed.
   *
   * @returns `undefined` when done, with an output or an error for the caller; else what to do next.
   */
  readonly decide: (
    result: AttemptResult<Input, Output>,
  ) => RetryDecision<NextInput> | undefined | Promise<RetryDecision<NextInput> | undefined>;
}
