import type { Clock, Service } from '@lamella/service-core';
import { addErrorFacts, isCancellation, isLamellaError, sleep, systemClock } from '@lamella/service-core';
import type { Attemptable } from '../attempt/attempt.ts';
import { attemptInput } from '../attempt/attempt.ts';
import { requireCount, requireFunction, requireOptionalFunction, requireRange } from '../shared/checks.ts';
import { disposeOutput, quietDiscard } from '../shared/dispose-output.ts';
import { guardedHook } from '../shared/guarded-hook.ts';
import type { ServiceAlsoTaking } from '../shared/service-also-taking.ts';
import type { Backoff } from './exponential-backoff.ts';
import { exponentialBackoff } from './exponential-backoff.ts';
import type { RetryBudget } from './retry-budget.ts';
import { retryBudget } from './retry-budget.ts';
import type { AttemptResult, RetryDecision, RetryPolicy } from './retry-policy.ts';

/** Why a call was not tried again although the policy wanted it. */
export type RetryStop = 'maxAttempts' | 'maxDelayMs' | 'budget';

/** Options of {@link retryLayer}. */
export interface RetryLayerOptions<in Input = unknown, in Output = unknown, out NextInput = never> {
  /** Says which outcomes are worth another attempt. */
  readonly policy: RetryPolicy<Input, Output, NextInput>;
  /** Most attempts for a call, the first included, an integer of at least 1 or `Infinity`. Default 3. */
  readonly maxAttempts?: number;
  /** Longest wait that a policy may ask for, in milliseconds, at least 0; a longer one ends the attempts. Default 60_000. */
  readonly maxDelayMs?: number;
  /** How long to wait where the policy does not say. Default: `exponentialBackoff()`. */
  readonly backoff?: Backoff;
  /** How many retries are allowed over all calls. Default: a `retryBudget()` of this layer. */
  readonly budget?: RetryBudget;
  /** Frees an output that gives way to another attempt; not waited for. Default: disposes it, if it can be. */
  readonly discard?: (output: Output) => unknown;
  /** Called before each wait, with the attempt that is repeated. Default: nothing. */
  readonly onRetry?: (told: { readonly result: AttemptResult<Input, Output>; readonly delayMs: number }) => void;
  /** Called when the policy wanted another attempt and did not get it. Default: nothing. */
  readonly onStop?: (told: { readonly result: AttemptResult<Input, Output>; readonly stop: RetryStop }) => void;
  /** Source of timers; tests pass a fake. Default: the system clock. */
  readonly clock?: Clock;
}

/** A layer that keeps the shape, for inputs and outputs that its policy understands. */
export interface RetryLayer<in PolicyInput, in PolicyOutput, NextInput> {
  <Input extends PolicyInput & Attemptable<Input>, Output extends PolicyOutput>(
    inner: ServiceAlsoTaking<Input, Output, NextInput>,
  ): Service<Input, Output>;
}

/**
 * Tries again when a policy says so, after a wait, within a budget.
 *
 * @remarks
 * Every attempt, the first included, runs on a fork of the input with an `attempt` store of its own, which carries
 * `AttemptNumber`. What one attempt writes is invisible to the next one and to the caller.
 *
 * The call ends with the outcome of its last attempt: an output as it is, an error as the same object, with
 * `facts.attempt`. Where the policy wanted another attempt and none was allowed, `onStop` hears why, and the message
 * of an error of Lamella says so.
 *
 * Cancellation is never tried again: the caller's own reason passes at once, in the middle of a wait too. Neither is
 * anything that came out of a call which was aborted by then.
 *
 * @returns A layer for any request.
 * @throws UsageError `LML_ERR_USAGE` at construction when an option is out of range. The service rejects with the error
 * of the last attempt, and with what the policy throws.
 *
 * @example
 * const service = stack(
 *   retryLayer({
 *     policy: { decide: ({ outcome }) => (outcome === 'error' ? {} : undefined) },
 *     backoff: exponentialBackoff({ minDelayMs: 1 }),
 *   }),
 *   serviceFn((input: ServiceInput<string>) => {
 *     if (input.extensions.get(AttemptNumber) === 1) throw new Error('bad luck');
 *     return input.value.toUpperCase();
 *   }),
 * );
 * await service.serve(serviceInput('ping')); // 'PING'
 *
 * @public
 */
export function retryLayer<PolicyInput = unknown, PolicyOutput = unknown, NextInput = never>(
  options: RetryLayerOptions<PolicyInput, PolicyOutput, NextInput>,
): RetryLayer<PolicyInput, PolicyOutput, NextInput> {
  const { policy, maxAttempts = 3, maxDelayMs = 60_000, clock = systemClock } = options;
  const { backoff = exponentialBackoff(), budget = retryBudget({ clock }), discard = disposeOutput } = options;
  requireFunction('policy.decide', policy?.decide);
  requireOptionalFunction('policy.prepare', policy.prepare);
  requireCount('maxAttempts', maxAttempts, 1);
  requireRange('maxDelayMs', maxDelayMs, 0);
  requireFunction('discard', discard);
  requireOptionalFunction('onRetry', options.onRetry);
  requireOptionalFunction('onStop', options.onStop);
  const release = quietDiscard(discard);
  const onRetry = options.onRetry && guardedHook('onRetry', options.onRetry);
  const onStop = options.onStop && guardedHook('onStop', options.onStop);

  return <Input extends PolicyInput & Attemptable<Input>, Output extends PolicyOutput>(
    inner: ServiceAlsoTaking<Input, Output, NextInput>,
  ): Service<Input, Output> => ({
    async serve(caller) {
      caller.scope.throwIfAborted();
      budget.deposit();
      // `ServiceAlsoTaking` has checked that what a policy makes is an input of the inner service.
      let base = (policy.prepare === undefined ? caller : policy.prepare(caller)) as Input;
      for (let attempt = 1; ; attempt++) {
        const input = attemptInput(base, caller, attempt);
        let result: AttemptResult<Input, Output>;
        try {
          result = { outcome: 'ok', attempt, input, output: await inner.serve(input) };
        } catch (error) {
          result = { outcome: 'error', attempt, input, error };
        }
        if (result.outcome === 'error' && isCancellation(caller, result.error)) throw result.error;
        // An aborted call gets what there is: nobody waits for more.
        const decided = caller.scope.aborted ? undefined : decide(result);
        const decision = decided && (await decided);
        if (decision === undefined) return finish(result, undefined);

        const { delayMs, stop } = plan(result, decision);
        if (stop !== undefined) {
          onStop?.({ result, stop });
          return finish(result, stop);
        }
        onRetry?.({ result, delayMs });
        if (result.outcome === 'ok') release(result.output);
        await sleep(clock, delayMs, caller.scope);
        base = (decision.input ?? base) as Input; // as above
      }
    },
  });

  /** Where the policy says at once that there is nothing to do, nothing is waited for. */
  function decide<Input extends PolicyInput, Output extends PolicyOutput>(
    result: AttemptResult<Input, Output>,
  ): Promise<RetryDecision<NextInput> | undefined> | undefined {
    const fail = (error: unknown): never => {
      if (result.outcome === 'ok') release(result.output);
      throw error;
    };
    try {
      const decided = policy.decide(result);
      return decided && Promise.resolve(decided).catch(fail);
    } catch (error) {
      return fail(error);
    }
  }

  /** The wait, and why there is none after all. */
  function plan<Output extends PolicyOutput>(
    result: AttemptResult<unknown, Output>,
    decision: RetryDecision<NextInput>,
  ): { readonly delayMs: number; readonly stop: RetryStop | undefined } {
    try {
      const delayMs = decision.delayMs ?? backoff.delayMs(result.attempt);
      return { delayMs, stop: stopOf(result.attempt, delayMs) };
    } catch (error) {
      if (result.outcome === 'ok') release(result.output);
      throw error;
    }
  }

  function stopOf(attempt: number, delayMs: number): RetryStop | undefined {
    if (attempt >= maxAttempts) return 'maxAttempts';
    if (!(delayMs <= maxDelayMs)) return 'maxDelayMs';
    return budget.tryWithdraw() ? undefined : 'budget';
  }
}

function finish<Output>(result: AttemptResult<unknown, Output>, stop: RetryStop | undefined): Output {
  if (result.outcome === 'ok') return result.output;
  const { error, attempt } = result;
  addErrorFacts(error, { attempt });
  if (stop !== undefined && isLamellaError(error)) {
    const note = ` (${STOP_NOTES[stop]}, attempt ${attempt})`;
    // Many calls may have the same error, such as that of one dial that they all waited for.
    if (!error.message.endsWith(note)) error.message += note;
  }
  throw error;
}

const STOP_NOTES: Readonly<Record<RetryStop, string>> = {
  maxAttempts: 'maxAttempts reached',
  maxDelayMs: 'no retry: the wait would exceed maxDelayMs',
  budget: 'no retry: the retry budget is empty',
};
