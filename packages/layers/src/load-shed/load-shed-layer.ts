import type { Clock, Scoped, ScopedLayer, Service } from '@lamella/service-core';
import { systemClock, UsageError } from '@lamella/service-core';
import { requireCount, requireOneOf, requirePositive } from '../shared/checks.ts';
import { ShedQueue } from './shed-queue.ts';

/** Options of {@link loadShedLayer}. */
export interface LoadShedLayerOptions {
  /** Most calls of the inner service under way at a time, an integer of at least 1. */
  readonly maxConcurrent: number;
  /** Longest wait while overloaded, in milliseconds, greater than 0, less than `intervalMs`. Default 20. */
  readonly targetMs?: number;
  /** How long the queue may go without getting empty before that counts as overload; and the longest wait until then. In milliseconds, greater than `targetMs` and finite. Default 200. */
  readonly intervalMs?: number;
  /** Most inputs that wait, an integer of at least 1. Default 1_000. */
  readonly maxQueued?: number;
  /** Who is next: the one that has waited longest, or, while overloaded, the one that came last. Default `'adaptive-lifo'`. */
  readonly order?: 'fifo' | 'adaptive-lifo';
  /** Source of timers; tests pass a fake. Default: the system clock. */
  readonly clock?: Clock;
}

/** The layer that {@link loadShedLayer} makes: a layer, and the gauges of its queue. */
export interface LoadShedLayer extends ScopedLayer {
  /** Calls under way now, from 0 to `maxConcurrent`. */
  readonly active: number;
  /** Inputs that wait now, from 0 to `maxQueued`. */
  readonly queued: number;
  /** Inputs that were let go so far. */
  readonly shed: number;
  /** Whether the queue has not been empty for `intervalMs`. */
  readonly isOverloaded: boolean;
}

/**
 * Refuses early what could only be answered late: a queue with little patience under overload.
 *
 * @remarks
 * At most `maxConcurrent` calls are under way; others wait. A burst is buffered: whoever comes may wait for `intervalMs`, as
 * long as the queue gets empty now and then. One that has not been empty for `intervalMs` is overload, and then nobody
 * waits longer than `targetMs`: what passes stays fast, the rest is refused at once instead of late (the idea of CoDel).
 *
 * With `'adaptive-lifo'` the newest goes first under overload: whoever has waited long is most likely gone, or about
 * to give up. With `'fifo'` it is always the oldest, which is fair, and a little slower for everybody.
 *
 * Beside `concurrencyLimitLayer`, which is patient and strictly fair: use that one where all who wait shall be served.
 * With a slot free this layer costs one promise; a timer and an abort listener exist only while somebody waits.
 *
 * @returns A layer for any input that carries a scope, with its gauges.
 * @throws UsageError `LML_ERR_USAGE` at construction when an option is out of range. The service rejects with LimitError
 * `LML_ERR_LIMIT` (`limit: 'targetMs'`, `'intervalMs'` or `'maxQueued'`), and with the caller's reason if aborted.
 *
 * @example
 * const service = stack(
 *   loadShedLayer({ maxConcurrent: 100 }),
 *   serviceFn((input: ServiceInput<string>) => input.value.toUpperCase()),
 * );
 * await service.serve(serviceInput('ping')); // 'PING'
 *
 * @public
 */
export function loadShedLayer(options: LoadShedLayerOptions): LoadShedLayer {
  const { maxConcurrent, targetMs = 20, intervalMs = 200, maxQueued = 1_000, clock = systemClock } = options;
  const { order = 'adaptive-lifo' } = options;
  requireCount('maxConcurrent', maxConcurrent, 1);
  requirePositive('targetMs', targetMs);
  requirePositive('intervalMs', intervalMs);
  if (!(targetMs < intervalMs && intervalMs < Number.POSITIVE_INFINITY)) {
    throw new UsageError(`targetMs must be less than intervalMs, and that finite, got ${targetMs} and ${intervalMs}`);
  }
  requireCount('maxQueued', maxQueued, 1);
  requireOneOf('order', order, ['fifo', 'adaptive-lifo']);

  const queue = new ShedQueue({ maxConcurrent, maxQueued, targetMs, intervalMs, order, clock });
  const afterOutput = <Output>(output: Output): Output => {
    queue.release();
    return output;
  };
  const afterError = (error: unknown): never => {
    queue.release();
    throw error;
  };

  const layer: ScopedLayer = (inner) => ({
    serve(input) {
      if (input.scope.aborted) return Promise.reject(input.scope.reason);
      if (!queue.tryTake()) return serveQueued(inner, input, queue);
      try {
        return inner.serve(input).then(afterOutput, afterError);
      } catch (error) {
        queue.release();
        return Promise.reject(error);
      }
    },
  });
  return Object.defineProperties(layer, {
    active: { enumerable: true, get: () => queue.active },
    queued: { enumerable: true, get: () => queue.queued },
    shed: { enumerable: true, get: () => queue.shed },
    isOverloaded: { enumerable: true, get: () => queue.isOverloaded },
  }) as LoadShedLayer; // the lines above define what the interface adds
}

/** Waits by `await`, so that the inner service runs in the asynchronous context of its own caller. */
async function serveQueued<Input extends Scoped<Input>, Output>(
  inner: Service<Input, Output>,
  input: Input,
  queue: ShedQueue,
): Promise<Output> {
  await queue.wait(input.scope);
  try {
    input.scope.throwIfAborted();
    return await inner.serve(input);
  } finally {
    queue.release();
  }
}
