import type { Clock, Lifecycle, Scoped, Service } from '@lamella/service-core';
import { AbortScope, systemClock, TimeoutError, tellFailure } from '@lamella/service-core';
import type { CallResult } from '../shared/call-result.ts';
import {
  requireCount,
  requireFunction,
  requireOptionalFunction,
  requirePositive,
  requireRange,
} from '../shared/checks.ts';
import { disposeOutput, quietDiscard } from '../shared/dispose-output.ts';
import { guardedHook } from '../shared/guarded-hook.ts';

/** Options of {@link shadowLayer}. */
export interface ShadowLayerOptions<in Input, in out Copy extends Scoped<Copy>, in out ShadowOutput = unknown> {
  /** Gets the copies. */
  readonly service: Service<Copy, ShadowOutput>;
  /** Makes the copy of an input, before the input is served; `undefined` leaves it out. */
  readonly copy: (input: Input) => Copy | undefined;
  /** Share of the inputs that are copied, from 0 to 1. Default 1. */
  readonly ratio?: number;
  /** Most copies under way, an integer of at least 1; more inputs are not copied. Default 10. */
  readonly maxConcurrent?: number;
  /** Longest time for a copy, in milliseconds, greater than 0; then it is aborted. Default 10_000. */
  readonly timeoutMs?: number;
  /** Called with the outcome of each copy, such as to compare or to log it. An output is freed after that. Default: nothing. */
  readonly onResult?: (told: { readonly copy: Copy; readonly result: CallResult<ShadowOutput> }) => void;
  /** Frees the output of a copy, also of one that comes after `timeoutMs`; not waited for. Default: disposes it, if it can be. */
  readonly discard?: (output: ShadowOutput) => unknown;
  /** Where copies run, so that a drain waits for them. Default: nowhere. */
  readonly lifecycle?: Lifecycle;
  /** Source of chance, from 0 to less than 1; tests pass their own. Default: `Math.random`. */
  readonly random?: () => number;
  /** Source of timers; tests pass a fake. Default: the system clock. */
  readonly clock?: Clock;
}

/** The layer that {@link shadowLayer} makes: a layer for inputs that it can copy, and gauges. */
export interface ShadowLayer<in CopiedInput> {
  <Input extends CopiedInput, Output>(inner: Service<Input, Output>): Service<Input, Output>;
  /** Copies under way. */
  readonly active: number;
  /** Inputs that were not copied, since `maxConcurrent` copies were under way. */
  readonly skipped: number;
}

/**
 * Sends copies of inputs to another service as well, without any effect on the calls.
 *
 * @remarks
 * The call is made first, and its promise is returned as it is; nothing that the copy does, how long it takes or how it
 * fails reaches the caller. A copy runs in a scope of its own: it outlives the call, and does not hear of its abort. What
 * `copy` throws is `console.error`.
 *
 * @returns A layer for any input, with its gauges.
 * @throws UsageError `LML_ERR_USAGE` at construction when an option is out of range. The service rejects as the inner one.
 *
 * @example
 * const next = serviceFn((input: ServiceInput<string>) => input.value.toLowerCase());
 * const service = stack(
 *   shadowLayer({ service: next, copy: (input: ServiceInput<string>) => serviceInput(input.value), ratio: 0.1 }),
 *   serviceFn((input: ServiceInput<string>) => input.value.toUpperCase()),
 * );
 * await service.serve(serviceInput('ping')); // 'PING'
 *
 * @public
 */
export function shadowLayer<Input, Copy extends Scoped<Copy>, ShadowOutput>(
  options: ShadowLayerOptions<Input, Copy, ShadowOutput>,
): ShadowLayer<Input> {
  const { service, copy, ratio = 1, maxConcurrent = 10, timeoutMs = 10_000, discard = disposeOutput } = options;
  const { lifecycle, random = Math.random, clock = systemClock } = options;
  requireFunction('service.serve', service?.serve);
  requireFunction('copy', copy);
  requireRange('ratio', ratio, 0, 1);
  requireCount('maxConcurrent', maxConcurrent, 1);
  requirePositive('timeoutMs', timeoutMs);
  requireFunction('discard', discard);
  requireOptionalFunction('onResult', options.onResult);
  const onResult = options.onResult && guardedHook('onResult', options.onResult);
  const release = quietDiscard(discard);
  let active = 0;
  let skipped = 0;

  const copyOf = (input: Input): Copy | undefined => {
    if (random() >= ratio) return undefined;
    if (active >= maxConcurrent) {
      skipped++;
      return undefined;
    }
    try {
      return copy(input);
    } catch (error) {
      tellFailure('hook copy', error);
      return undefined;
    }
  };

  /** Never rejects. */
  const run = (copied: Copy): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const scope = new AbortScope();
    let isOver = false;
    active++;
    const end = (result: CallResult<ShadowOutput>): void => {
      if (!isOver) {
        isOver = true;
        active--;
        timer.cancel();
        scope.close();
        onResult?.({ copy: copied, result });
        resolve();
      }
      // Also one that comes after all, when nobody waits for the copy any more.
      if (result.outcome === 'ok') release(result.output);
    };
    const timer = clock.startTimer(timeoutMs, () => {
      const error = new TimeoutError({ limit: 'timeoutMs', timeoutMs });
      try {
        scope.abort(error);
      } finally {
        end({ outcome: 'error', error });
      }
    });
    serveFork(service, copied, scope).then(
      (output) => end({ outcome: 'ok', output }),
      (error: unknown) => end({ outcome: 'error', error }),
    );
    return promise;
  };

  const layer = <LayerInput extends Input, Output>(
    inner: Service<LayerInput, Output>,
  ): Service<LayerInput, Output> => ({
    serve(input) {
      const copied = copyOf(input);
      if (copied === undefined) return served(inner, input);
      const output = served(inner, input);
      if (lifecycle === undefined) void run(copied);
      else lifecycle.spawn('shadow', () => run(copied));
      return output;
    },
  });
  return Object.defineProperties(layer, {
    active: { enumerable: true, get: () => active },
    skipped: { enumerable: true, get: () => skipped },
  }) as ShadowLayer<Input>; // the lines above define what the interface adds
}

async function serveFork<Copy extends Scoped<Copy>, Output>(
  service: Service<Copy, Output>,
  copied: Copy,
  scope: AbortScope,
): Promise<Output> {
  return await service.serve(copied.fork({ scope }));
}

function served<Input, Output>(inner: Service<Input, Output>, input: Input): Promise<Output> {
  try {
    return inner.serve(input);
  } catch (error) {
    return Promise.reject(error);
  }
}
