import type { Clock, Scoped, Service } from '@lamella/service-core';
import { systemClock } from '@lamella/service-core';
import { requireCount, requireOptionalFunction, requirePositive } from '../shared/checks.ts';
import type { ServiceAlsoGiving } from '../shared/service-also-giving.ts';
import type { OutputHook } from './limit-lane.ts';
import { LimitLane, LimitLanes } from './limit-lane.ts';

/** Options of {@link concurrencyLimitLayer}. */
export interface ConcurrencyLimitLayerOptions<in KeyInput = unknown, in SeenOutput = unknown, out GivenOutput = never> {
  /** Most calls of the inner service under way at a time, for each key, an integer of at least 1 or `Infinity`. */
  readonly maxConcurrent: number;
  /** Most inputs that wait for a slot, for each key, an integer of at least 0 (none waits) or `Infinity`. Default 1_000. */
  readonly maxQueued?: number;
  /** Longest wait for a slot, in milliseconds, greater than 0. Default 10_000. */
  readonly queueTimeoutMs?: number;
  /** Whose slots an input takes; inputs whose key is `undefined` share theirs. Default: the same for all. */
  readonly key?: (input: KeyInput) => string | undefined;
  /** Most keys with a call under way, an integer of at least 1 or `Infinity`. Default 10_000. */
  readonly maxKeys?: number;
  /**
   * Holds the slot beyond the output: called with each output, it gives the output for the caller, and calls `release`
   * when the slot is free, such as at the end of a body. Later calls of `release` do nothing. Default: released at once.
   */
  readonly onOutput?: (output: SeenOutput, release: () => void) => GivenOutput;
  /** Source of timers; tests pass a fake. Default: the system clock. */
  readonly clock?: Clock;
}

/** The layer that {@link concurrencyLimitLayer} makes: a layer, and the gauges of its limit. */
export interface ConcurrencyLimitLayer<in KeyInput = unknown, in SeenOutput = unknown, GivenOutput = never> {
  <Input extends KeyInput & Scoped<Input>, Output extends SeenOutput>(
    inner: ServiceAlsoGiving<Input, Output, GivenOutput>,
  ): Service<Input, Output>;
  /** Slots that are taken now, over all keys. */
  readonly active: number;
  /** Inputs that wait for a slot now, over all keys. */
  readonly queued: number;
  /** Keys that have a call under way now, from 0 to `maxKeys`; 0 without `key`. */
  readonly keys: number;
}

/**
 * Lets at most `maxConcurrent` calls through at a time; the others wait in a bounded, strictly fair queue.
 *
 * @remarks
 * The limit belongs to the layer: applied to several services, it is shared by them, in one queue. So never apply the
 * same layer twice on the way of one call, which would then wait for itself.
 *
 * A slot is held until the promise of the inner service settles, however that comes about. So the order of layers
 * matters: a timeout outside of this layer also covers the wait, and a service that ignores its abort keeps its slot
 * until it has really ended; a timeout inside frees the slot when it elapses, and says nothing of the wait. What
 * still runs when the output has come, such as a body that streams, holds no slot unless `onOutput` says so; who holds
 * one must release it on every path. An output whose hook throws is disposed.
 *
 * An input that is aborted while it waits leaves the queue at once, and one whose abort comes together with its slot
 * passes the slot on: neither reaches the inner service. With a slot free the layer costs one reaction to the inner
 * promise; a timer and an abort listener exist only for inputs that wait.
 *
 * @returns A layer for any input that carries a scope, with its gauges.
 * @throws UsageError `LML_ERR_USAGE` at construction when an option is out of range. The service rejects with
 * LimitError `LML_ERR_LIMIT` (`limit: 'maxQueued'`) when the queue is full, with TimeoutError `LML_ERR_TIMEOUT`
 * (`limit: 'queueTimeoutMs'`) when the wait was too long, with LimitError (`limit: 'maxKeys'`) when that many other keys
 * have calls under way, and with the caller's reason if aborted while waiting. These errors say `facts.retryable: true`,
 * since the inner service has not seen the input.
 *
 * @example
 * const limit = concurrencyLimitLayer({ maxConcurrent: 100, maxQueued: 50, queueTimeoutMs: 2_000 });
 * const service = stack(
 *   limit,
 *   serviceFn((input: ServiceInput<string>) => input.value.toUpperCase()),
 * );
 * const output = service.serve(serviceInput('ping'));
 * limit.active; // 1
 * await output; // 'PING'
 * limit.active; // 0
 *
 * @public
 */
export function concurrencyLimitLayer<KeyInput = unknown, SeenOutput = unknown, GivenOutput = never>(
  options: ConcurrencyLimitLayerOptions<KeyInput, SeenOutput, GivenOutput>,
): ConcurrencyLimitLayer<KeyInput, SeenOutput, GivenOutput> {
  const { maxConcurrent, maxQueued = 1_000, queueTimeoutMs = 10_000, clock = systemClock } = options;
  const { key: keyOf, maxKeys = 10_000, onOutput } = options;
  requireCount('maxConcurrent', maxConcurrent, 1);
  requireCount('maxQueued', maxQueued, 0);
  requirePositive('queueTimeoutMs', queueTimeoutMs);
  requireOptionalFunction('key', keyOf);
  requireCount('maxKeys', maxKeys, 1);
  requireOptionalFunction('onOutput', onOutput);

  const limits = { maxConcurrent, maxQueued, queueTimeoutMs, clock };
  // Each application checks that the outputs of the inner service are what the hook takes.
  const hook = onOutput as OutputHook | undefined;
  const lanes = keyOf === undefined ? undefined : new LimitLanes(limits, maxKeys, hook);
  const onlyLane = new LimitLane(limits, hook, () => {});
  const laneOf = (input: KeyInput): LimitLane =>
    lanes === undefined || keyOf === undefined ? onlyLane : lanes.of(keyOf(input));

  const layer = <Input extends KeyInput & Scoped<Input>, Output extends SeenOutput>(
    inner: ServiceAlsoGiving<Input, Output, GivenOutput>,
  ): Service<Input, Output> => ({
    serve(input) {
      if (input.scope.aborted) return Promise.reject(input.scope.reason);
      try {
        return laneOf(input).serve<Input, Output>(inner, input);
      } catch (error) {
        return Promise.reject(error);
      }
    },
  });
  return Object.defineProperties(layer, {
    active: { enumerable: true, get: () => (lanes ?? onlyLane.slots).active },
    queued: { enumerable: true, get: () => (lanes ?? onlyLane.slots).queued },
    keys: { enumerable: true, get: () => lanes?.keys ?? 0 },
  }) as ConcurrencyLimitLayer<KeyInput, SeenOutput, GivenOutput>; // the lines above define what the interface adds
}
