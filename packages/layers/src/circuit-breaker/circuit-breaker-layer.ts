import type { Clock, Service } from '@lamella/service-core';
import { systemClock, UsageError } from '@lamella/service-core';
import type { Backoff } from '../retry/exponential-backoff.ts';
import { exponentialBackoff } from '../retry/exponential-backoff.ts';
import type { CallResult } from '../shared/call-result.ts';
import {
  requireCount,
  requireFunction,
  requireOptionalFunction,
  requirePositive,
  requireRange,
} from '../shared/checks.ts';
import { disposeOutput } from '../shared/dispose-output.ts';
import { guardedHook } from '../shared/guarded-hook.ts';
import { isCallerAbort } from '../shared/is-caller-abort.ts';
import type { CircuitPass, CircuitState, CircuitVerdict } from './circuit.ts';
import { Circuit } from './circuit.ts';
import { CircuitOpenError } from './circuit-open-error.ts';

/** Options of {@link circuitBreakerLayer}. */
export interface CircuitBreakerLayerOptions<in Output = unknown> {
  /** Share of failures in the window that opens the circuit, greater than 0, at most 1. Default 0.5. */
  readonly failureRatio?: number;
  /** Calls that there must be in the window before their share counts, an integer of at least 1. Default 20. */
  readonly minCalls?: number;
  /** Length of the window, in milliseconds, from 100 to 3_600_000. Default 10_000. */
  readonly windowMs?: number;
  /** Failures in a row that open the circuit whatever the share is, an integer of at least 1. Default `Infinity`. */
  readonly maxConsecutiveFailures?: number;
  /** How long the circuit stays open, by how often in a row it has opened. Default: from 1 s to 60 s, a fifth by chance. */
  readonly openBackoff?: Backoff;
  /** Calls that are let through to see whether the service is back, all of which must succeed, an integer of at least 1. Default 1. */
  readonly maxProbes?: number;
  /**
   * Longest time for a probe, in milliseconds, greater than 0; one that takes longer has failed, whatever it gives later. `Infinity`
   * waits for ever. Default 30_000.
   */
  readonly probeTimeoutMs?: number;
  /** What counts as a failure. Default: every error. */
  readonly isFailure?: (result: CallResult<Output>) => boolean;
  /** Called after each change of state. Default: nothing. */
  readonly onStateChange?: (change: { readonly from: CircuitState; readonly to: CircuitState }) => void;
  /** Source of time; tests pass a fake. Default: the system clock. */
  readonly clock?: Clock;
}

/** The layer that {@link circuitBreakerLayer} makes: a layer for outputs that it can judge, and gauges. */
export interface CircuitBreakerLayer<in JudgedOutput> {
  <Input, Output extends JudgedOutput>(inner: Service<Input, Output>): Service<Input, Output>;
  /** Where the circuit stands. An open one becomes half-open, and a probe that takes too long fails, with the first call after its time. */
  readonly state: CircuitState;
  /** Calls that were refused so far. */
  readonly refused: number;
}

/**
 * Refuses calls for a while when too many of those before have failed.
 *
 * @remarks
 * The circuit belongs to the layer: services that it is applied to share it. So one layer stands for one service behind
 * it, such as one upstream.
 *
 * While closed it opens when, of at least `minCalls` calls in the last `windowMs`, a share of `failureRatio` failed, or
 * when `maxConsecutiveFailures` failed in a row. While open every call is refused. After the time of `openBackoff` it is
 * half-open: `maxProbes` calls pass, the others are refused. If all probes succeed it closes, if one fails it opens for
 * longer.
 *
 * A call that its caller cancels says nothing, unless by a deadline (see `isCallerAbort`): it counts neither way, and makes room for another probe. Neither does a
 * call that began before the last change of state. Costs one promise for each call, and no timer: that a probe has taken
 * longer than `probeTimeoutMs` is seen by the next call, which may become a probe itself. The probe is not aborted by that.
 *
 * @returns A layer for any input, with its gauges.
 * @throws UsageError `LML_ERR_USAGE` at construction when an option is out of range. The service rejects with
 * {@link CircuitOpenError} `LML_ERR_CIRCUIT_OPEN`, which says `retryAfterMs`.
 *
 * @example
 * const breaker = circuitBreakerLayer({ maxConsecutiveFailures: 3 });
 * const service = stack(
 *   breaker,
 *   serviceFn((input: string) => input.toUpperCase()),
 * );
 * await service.serve('ping'); // 'PING'
 * breaker.state; // 'closed'
 *
 * @public
 */
export function circuitBreakerLayer<JudgedOutput = unknown>(
  options: CircuitBreakerLayerOptions<JudgedOutput> = {},
): CircuitBreakerLayer<JudgedOutput> {
  const { failureRatio = 0.5, minCalls = 20, windowMs = 10_000, clock = systemClock } = options;
  const { maxConsecutiveFailures = Number.POSITIVE_INFINITY, maxProbes = 1, isFailure = isError } = options;
  const { probeTimeoutMs = 30_000 } = options;
  const { openBackoff = exponentialBackoff({ minDelayMs: 1_000, maxDelayMs: 60_000, jitterRatio: 0.2 }) } = options;
  requireRange('failureRatio', failureRatio, Number.MIN_VALUE, 1);
  requireCount('minCalls', minCalls, 1);
  requireRange('windowMs', windowMs, 100, 3_600_000);
  requireCount('maxConsecutiveFailures', maxConsecutiveFailures, 1);
  requireFunction('openBackoff.delayMs', openBackoff.delayMs);
  requireCount('maxProbes', maxProbes, 1);
  if (maxProbes === Number.POSITIVE_INFINITY) throw new UsageError('maxProbes must be finite, got Infinity');
  requirePositive('probeTimeoutMs', probeTimeoutMs);
  requireFunction('isFailure', isFailure);
  requireOptionalFunction('onStateChange', options.onStateChange);
  const onStateChange = options.onStateChange && guardedHook('onStateChange', options.onStateChange);

  const rules = { failureRatio, minCalls, windowMs, maxConsecutiveFailures, openBackoff, maxProbes, probeTimeoutMs };
  const circuit = new Circuit(rules, clock.coarseNowMs(), (from, to) => onStateChange?.({ from, to }));
  let refused = 0;
  const leave = (pass: CircuitPass, verdict: CircuitVerdict): void => circuit.leave(pass, verdict, clock.coarseNowMs());

  const layer = <Input, Output extends JudgedOutput>(inner: Service<Input, Output>): Service<Input, Output> => ({
    serve(input) {
      const nowMs = clock.coarseNowMs();
      const pass = circuit.enter(nowMs);
      if (pass === undefined) {
        refused++;
        return Promise.reject(new CircuitOpenError(circuit.openForMs(nowMs)));
      }
      const onOutput = (output: Output): Output => {
        try {
          leave(pass, isFailure({ outcome: 'ok', output }) ? 'failure' : 'success');
        } catch (error) {
          leave(pass, 'ignored');
          disposeOutput(output);
          throw error;
        }
        return output;
      };
      const onError = (error: unknown): never => {
        let verdict: CircuitVerdict = 'ignored';
        try {
          if (!isCallerAbort(input, error)) verdict = isFailure({ outcome: 'error', error }) ? 'failure' : 'success';
        } finally {
          leave(pass, verdict);
        }
        throw error;
      };
      try {
        return inner.serve(input).then(onOutput, onError);
      } catch (error) {
        return Promise.reject(error).catch(onError);
      }
    },
  });
  return Object.defineProperties(layer, {
    state: { enumerable: true, get: () => circuit.state },
    refused: { enumerable: true, get: () => refused },
  }) as CircuitBreakerLayer<JudgedOutput>; // the lines above define what the interface adds
}

function isError({ outcome }: CallResult): boolean {
  return outcome === 'error';
}
