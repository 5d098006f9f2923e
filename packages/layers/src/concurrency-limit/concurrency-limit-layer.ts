import type { Clock, Scoped, ScopedLayer, Service } from '@lamella/service-core';
import { systemClock } from '@lamella/service-core';
import { requireCount, requirePositive } from '../shared/checks.ts';
import { SlotQueue } from './slot-queue.ts';

/** Options of {@link concurrencyLimitLayer}. */
export interface ConcurrencyLimitLayerOptions {
  /** Most calls of the inner service under way at a time, an integer of at least 1 or `Infinity`. */
  readonly maxConcurrent: number;
  /** Most inputs that wait for a slot, an integer of at least 0 (none waits) or `Infinity`. Default 1_000. */
  readonly maxQueued?: number;
  /** Longest wait for a slot, in milliseconds, greater than 0. Default 10_000. */
  readonly queueTimeoutMs?: number;
  /** Source of timers; tests pass a fake. Default: the system clock. */
  readonly clock?: Clock;
}

/** The layer that {@link concurrencyLimitLayer} makes: a layer, and the gauges of its limit. */
export interface ConcurrencyLimitLayer extends ScopedLayer {
  /** Slots that are taken now, from 0 to `maxConcurrent`. */
  readonly active: number;
  /** Inputs that wait for a slot now, from 0 to `maxQueued`. */
  readonly queued: number;
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
 * still runs when the output has come, such as a body that streams, holds no slot.
 *
 * An input that is aborted while it waits leaves the queue at once, and one whose abort comes together with its slot
 * passes the slot on: neither reaches the inner service. With a slot free the layer costs one reaction to the inner
 * promise; a timer and an abort listener exist only for inputs that wait.
 *
 * @returns A layer for any input that carries a scope, with its gauges.
 * @throws UsageError `LML_ERR_USAGE` at construction when an option is out of range. The service rejects with
 * LimitError `LML_ERR_LIMIT` (`limit: 'maxQueued'`) when the queue is full, with TimeoutError `LML_ERR_TIMEOUT`
 * (`limit: 'queueTimeoutMs'`) when the wait was too long, and with the caller's reason if aborted while waiting. Both
 * errors say `facts.retryable: true`, since the inner service has not seen the input.
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
export function concurrencyLimitLayer(options: ConcurrencyLimitLayerOptions): ConcurrencyLimitLayer {
  const { maxConcurrent, maxQueued = 1_000, queueTimeoutMs = 10_000, clock = systemClock } = options;
  requireCount('maxConcurrent', maxConcurrent, 1);
  requireCount('maxQueued', maxQueued, 0);
  requirePositive('queueTimeoutMs', queueTimeoutMs);

  const slots = new SlotQueue({ maxConcurrent, maxQueued, queueTimeoutMs, clock });
  const releaseAfter = <Output>(output: Output): Output => {
    slots.release();
    return output;
  };
  const releaseAfterError = (error: unknown): never => {
    slots.release();
    throw error;
  };

  const layer: ScopedLayer = (inner) => ({
    serve(input) {
      if (input.scope.aborted) return Promise.reject(input.scope.reason);
      if (!slots.tryTake()) return serveQueued(inner, input, slots);
      try {
        // To know of the end costs one promise. It is the one returned: a rejection nobody handles is still seen.
        return inner.serve(input).then(releaseAfter, releaseAfterError);
      } catch (error) {
        slots.release();
        return Promise.reject(error);
      }
    },
  });
  return Object.defineProperties(layer, {
    active: { enumerable: true, get: () => slots.active },
    queued: { enumerable: true, get: () => slots.queued },
  }) as ConcurrencyLimitLayer; // the two lines above define what the interface adds
}

/**
 * Waits by `await`, not by a callback that the queue calls: the inner service then runs in the asynchronous context
 * of its own caller, not in that of the call whose slot it takes over.
 */
async function serveQueued<Input extends Scoped<Input>, Output>(
  inner: Service<Input, Output>,
  input: Input,
  slots: SlotQueue,
): Promise<Output> {
  await slots.wait(input.scope);
  try {
    input.scope.throwIfAborted();
    return await inner.serve(input);
  } finally {
    slots.release();
  }
}
