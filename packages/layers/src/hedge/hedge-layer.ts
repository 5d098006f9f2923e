import type { Clock, Service } from '@lamella/service-core';
import { systemClock, UsageError } from '@lamella/service-core';
import type { Attemptable } from '../attempt/attempt.ts';
import type { RetryBudget } from '../retry/retry-budget.ts';
import { retryBudget } from '../retry/retry-budget.ts';
import {
  requireCount,
  requireFunction,
  requireOptionalFunction,
  requirePositive,
  requireRange,
} from '../shared/checks.ts';
import { disposeOutput, quietDiscard } from '../shared/dispose-output.ts';
import type { ServiceAlsoTaking } from '../shared/service-also-taking.ts';
import { HedgedCall } from './hedged-call.ts';
import { LatencyWindow } from './latency-window.ts';

/** Options of {@link hedgeLayer}. */
export interface HedgeLayerOptions<in Input = unknown, in Output = unknown, out NextInput = never> {
  /** Whether sending an input twice does no harm: `true`, and no promise of it. Others are sent once, as they are. */
  readonly isSafe: (input: Input) => boolean;
  /** How long to wait for an answer before asking once more, in milliseconds, greater than 0 and finite. */
  readonly delayMs: number;
  /**
   * Waits as long as this share of the last calls took instead, greater than 0, less than 1, such as 0.95; `delayMs` then
   * holds until `minSamples` are known. Default: `delayMs` always.
   */
  readonly percentile?: number;
  /** Calls that must be known before `percentile` counts, an integer from 1 to 256. Default 20. */
  readonly minSamples?: number;
  /** Most attempts beyond the first, each after another such wait, an integer of at least 1. Default 1. */
  readonly maxHedges?: number;
  /** How many hedges are allowed over all calls. Default: a `retryBudget` of this layer: one for ten calls, one a second. */
  readonly budget?: RetryBudget;
  /** Makes what an attempt is made of, such as a request with a body of its own. Default: the input as it is. */
  readonly prepare?: (input: Input, attempt: number) => NextInput;
  /** Frees an output that came too late; not waited for. Default: disposes it, if it can be. */
  readonly discard?: (output: Output) => unknown;
  /** Source of time; tests pass a fake. Default: the system clock. */
  readonly clock?: Clock;
}

/** The layer that {@link hedgeLayer} makes: a layer for inputs that it understands, and gauges. */
export interface HedgeLayer<in HedgeInput, in DiscardedOutput, NextInput> {
  <Input extends HedgeInput & Attemptable<Input>, Output extends DiscardedOutput>(
    inner: ServiceAlsoTaking<Input, Output, NextInput>,
  ): Service<Input, Output>;
  /** Attempts beyond the first so far. */
  readonly hedges: number;
  /** The wait before the next hedge, in milliseconds. */
  readonly delayMs: number;
}

/**
 * Asks once more when an answer is late, and takes the answer that comes first.
 *
 * @remarks
 * Cuts the slowest calls off at the price of a few more; the budget keeps them few when everything is slow. Only for
 * inputs that `isSafe` vouches for. Each attempt has a scope and an `attempt` store of its own, with `AttemptNumber`.
 *
 * The first output wins. The others are aborted with a `ClosedError`, and what they give after all is discarded. An
 * error ends the call only if no other attempt is under way: this layer does not try again. If all have failed, the call
 * rejects with the error that came last.
 *
 * What still runs when the output has come, such as a body that streams, hears of the caller's abort.
 *
 * @returns A layer for any request, with its gauges.
 * @throws UsageError `LML_ERR_USAGE` at construction when an option is out of range.
 *
 * @example
 * const service = stack(
 *   hedgeLayer({ isSafe: (input: ServiceInput<string>) => input.value !== 'pay', delayMs: 50, percentile: 0.95 }),
 *   serviceFn((input: ServiceInput<string>) => input.value.toUpperCase()),
 * );
 * await service.serve(serviceInput('ping')); // 'PING'
 *
 * @public
 */
export function hedgeLayer<HedgeInput = unknown, DiscardedOutput = unknown, NextInput = never>(
  options: HedgeLayerOptions<HedgeInput, DiscardedOutput, NextInput>,
): HedgeLayer<HedgeInput, DiscardedOutput, NextInput> {
  const { isSafe, delayMs, percentile, minSamples = 20, maxHedges = 1, clock = systemClock } = options;
  const { budget = retryBudget({ ratio: 0.1, minRetriesPerSecond: 1, clock }), prepare } = options;
  const { discard = disposeOutput } = options;
  requireFunction('isSafe', isSafe);
  requirePositive('delayMs', delayMs);
  if (delayMs === Number.POSITIVE_INFINITY) throw new UsageError('delayMs must be finite, got Infinity');
  if (percentile !== undefined && !(percentile > 0 && percentile < 1)) {
    throw new UsageError(`percentile must be > 0 and < 1, got ${percentile}`);
  }
  requireCount('minSamples', minSamples, 1);
  requireRange('minSamples', minSamples, 1, 256);
  requireCount('maxHedges', maxHedges, 1);
  requireOptionalFunction('prepare', prepare);
  requireFunction('discard', discard);

  const release = quietDiscard(discard);
  const latencies = percentile === undefined ? undefined : new LatencyWindow(percentile, minSamples);
  const waitMs = (): number => latencies?.percentileMs ?? delayMs;
  let hedges = 0;
  const mayHedge = (): boolean => {
    if (!budget.tryWithdraw()) return false;
    hedges++;
    return true;
  };

  const layer = <Input extends HedgeInput & Attemptable<Input>, Output extends DiscardedOutput>(
    inner: ServiceAlsoTaking<Input, Output, NextInput>,
  ): Service<Input, Output> => ({
    serve(input) {
      try {
        input.scope.throwIfAborted();
        if (isSafe(input) !== true) return inner.serve(input);
        budget.deposit();
        return new HedgedCall<Input, Output>({
          inner,
          caller: input,
          // `ServiceAlsoTaking` has checked that what `prepare` makes is an input of the inner service.
          prepare: (attempt) => (prepare === undefined ? input : prepare(input, attempt)) as Input,
          discard: release,
          waitMs: waitMs(),
          maxAttempts: maxHedges + 1,
          mayHedge,
          onLatency: (latencyMs) => latencies?.add(latencyMs),
          clock,
        }).outcome;
      } catch (error) {
        return Promise.reject(error);
      }
    },
  });
  return Object.defineProperties(layer, {
    hedges: { enumerable: true, get: () => hedges },
    delayMs: { enumerable: true, get: waitMs },
  }) as HedgeLayer<HedgeInput, DiscardedOutput, NextInput>; // the lines above define what the interface adds
}
