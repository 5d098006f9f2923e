import type { Scoped, Service } from '@lamella/service-core';
import { systemClock, UsageError } from '@lamella/service-core';
import { requireCount, requireOneOf, requireOptionalFunction, requirePositive } from '../shared/checks.ts';
import { guardedHook } from '../shared/guarded-hook.ts';
import type { RateLimitDecision } from './gcra.ts';
import type { RateLimitReason } from './rate-limit-error.ts';
import { RateLimitError } from './rate-limit-error.ts';
import type { RateLimitLayerOptions } from './rate-limit-options.ts';
import { takerOf } from './taker.ts';
import { WaitLine } from './wait-line.ts';

/** The layer that {@link rateLimitLayer} makes: a layer for inputs that its `key` understands, and gauges. */
export interface RateLimitLayer<in KeyInput> {
  <Input extends KeyInput & Scoped<Input>, Output>(inner: Service<Input, Output>): Service<Input, Output>;
  /** Keys that are remembered in this process; 0 with a store. */
  readonly keys: number;
  /** Inputs that wait now, from 0 to `maxQueued`. */
  readonly queued: number;
  /** How often the store could not tell, so far. */
  readonly storeFailures: number;
}

/**
 * Lets calls through at a limited rate, one limit for all or one for each key.
 *
 * @remarks
 * A token bucket (GCRA): after a silence `burst` calls pass at once, then `ratePerSecond`. The limit belongs to the
 * layer: services that it is applied to share it.
 *
 * With `onLimit: 'wait'` an input waits in the line of its key, strictly in the order of arrival, and is rejected at once
 * if its turn would come after `maxWaitMs`. An input that is aborted leaves at once, and takes nothing.
 *
 * Memory is bounded by `maxKeys`: beyond that a bucket that is full gives way, else, of those looked at, the one that
 * lacks least, whose key then starts anew. So choose `maxKeys` well above the number of keys that are active within `burst / ratePerSecond`.
 *
 * Without a store an allowed call costs neither promise nor timer.
 *
 * @returns A layer for any input that carries a scope, with its gauges.
 * @throws UsageError `LML_ERR_USAGE` at construction when an option is out of range. The service rejects with
 * {@link RateLimitError} `LML_ERR_LIMIT`, which says `retryAfterMs`, and with the caller's reason if aborted.
 *
 * @example
 * const service = stack(
 *   rateLimitLayer({ limit: 100, windowMs: 60_000, key: (input: ServiceInput<string>) => input.value }),
 *   serviceFn((input: ServiceInput<string>) => `hello ${input.value}`),
 * );
 * await service.serve(serviceInput('ann')); // 'hello ann'
 *
 * @public
 */
export function rateLimitLayer<KeyInput = unknown>(options: RateLimitLayerOptions<KeyInput>): RateLimitLayer<KeyInput> {
  const { key: keyOf, cost: costOf, missingKey = 'deny', onLimit = 'fail' } = options;
  const { maxWaitMs = 10_000, maxQueued = 1_000, clock = systemClock } = options;
  requireOptionalFunction('key', keyOf);
  requireOptionalFunction('cost', costOf);
  requireOptionalFunction('onDecision', options.onDecision);
  requireOneOf('missingKey', missingKey, ['allow', 'deny']);
  requireOneOf('onLimit', onLimit, ['fail', 'wait']);
  requirePositive('maxWaitMs', maxWaitMs);
  requireCount('maxQueued', maxQueued, 1);
  const onDecision = options.onDecision && guardedHook('onDecision', options.onDecision);

  const taker = takerOf(options, clock);
  const { rule } = taker;
  const costMs = 1_000 / rule.ratePerSecond;
  const lines = new Map<string, WaitLine>();
  let queued = 0;

  const layer = <Input extends KeyInput & Scoped<Input>, Output>(
    inner: Service<Input, Output>,
  ): Service<Input, Output> => {
    const serveAs = async (
      input: Input,
      key: string,
      cost: number,
      taken: RateLimitDecision | Promise<RateLimitDecision>,
    ): Promise<Output> => {
      const decision = await taken;
      onDecision?.({ input, decision });
      if (!decision.allowed) await waitOrFail(input, key, cost, decision);
      input.scope.throwIfAborted();
      return inner.serve(input);
    };
    return {
      serve(input) {
        try {
          input.scope.throwIfAborted();
          const key = keyOf === undefined ? '' : keyOf(input);
          const cost = costOf === undefined ? 1 : costOf(input);
          if (!(cost > 0)) throw new UsageError(`cost must be > 0, got ${cost}`);
          if (key === undefined) {
            if (missingKey === 'allow') return inner.serve(input);
            throw new RateLimitError({ reason: 'missing-key', rule, cost });
          }
          const line = lines.get(key);
          if (line !== undefined) return serveAs(input, key, cost, behind(line, cost));
          const decision = taker.take(key, cost, input.scope);
          if (decision instanceof Promise || !decision.allowed) return serveAs(input, key, cost, decision);
          onDecision?.({ input, decision });
          return inner.serve(input);
        } catch (error) {
          return Promise.reject(error);
        }
      },
    };
  };
  return Object.defineProperties(layer, {
    keys: { enumerable: true, get: () => taker.keys },
    queued: { enumerable: true, get: () => queued },
    storeFailures: { enumerable: true, get: () => taker.failures },
  }) as RateLimitLayer<KeyInput>; // the lines above define what the interface adds

  /** Who comes while others wait is not allowed, whatever there is to take: that is theirs. */
  function behind(line: WaitLine, cost: number): RateLimitDecision {
    const retryAfterMs = line.turnAfterMs(cost, costMs);
    return { allowed: false, remaining: 0, retryAfterMs, resetMs: retryAfterMs + rule.burst * costMs };
  }

  async function waitOrFail(
    input: Scoped<unknown>,
    key: string,
    cost: number,
    first: RateLimitDecision,
  ): Promise<void> {
    const before = lines.get(key); // may have come into being since
    const decision = before === undefined ? first : behind(before, cost);
    const refuse = (reason: RateLimitReason): RateLimitError => new RateLimitError({ reason, rule, cost, decision });
    if (onLimit === 'fail' || cost > rule.burst) throw refuse('rate');
    if (decision.retryAfterMs > maxWaitMs) throw refuse('wait');
    if (queued >= maxQueued) throw refuse('queue');
    const line = before ?? newLine(key);
    queued++;
    try {
      await line.join(cost, input.scope, decision.retryAfterMs, maxWaitMs, () => refuse('wait'));
    } finally {
      queued--;
    }
  }

  function newLine(key: string): WaitLine {
    const line = new WaitLine(
      clock,
      (headCost) => taker.take(key, headCost, undefined),
      () => lines.delete(key),
    );
    lines.set(key, line);
    return line;
  }
}
