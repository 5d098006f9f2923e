import type { Clock, Service } from '@lamella/service-core';
import { isCancellation, systemClock } from '@lamella/service-core';
import { requireFunction } from '../shared/checks.ts';
import { guardedHook } from '../shared/guarded-hook.ts';

/** A call that begins, as {@link traceLayer} tells of it. */
export interface TraceStart<out Input = unknown> {
  /** What the service was called with. */
  readonly input: Input;
}

/** A call that has ended, as {@link traceLayer} tells of it; `outcome` says which fields there are. */
export type TraceEnd<Input = unknown, Output = unknown> = TraceSuccess<Input, Output> | TraceFailure<Input>;

/** A call that has ended with an output. */
export interface TraceSuccess<out Input = unknown, out Output = unknown> {
  /** How the call ended. */
  readonly outcome: 'ok';
  /** What the service was called with, the same object as at the start. */
  readonly input: Input;
  /** Time from the start to the output, in milliseconds, at least 0. */
  readonly durationMs: number;
  /** What the inner service gave; borrowed, as the caller gets the same object. */
  readonly output: Output;
}

/** A call that has ended without an output. */
export interface TraceFailure<out Input = unknown> {
  /** How the call ended: `'aborted'` if it rejected with the caller's own abort reason, else `'error'`. */
  readonly outcome: 'error' | 'aborted';
  /** What the service was called with, the same object as at the start. */
  readonly input: Input;
  /** Time from the start to the failure, in milliseconds, at least 0. */
  readonly durationMs: number;
  /** What the inner service rejected with, or the reason of the abort. */
  readonly error: unknown;
}

/** Which hook an error came from. */
export type TraceHook = 'onStart' | 'onEnd';

/** Options of {@link traceLayer}. */
export interface TraceLayerOptions<in Input = unknown, in Output = unknown> {
  /** Called once per call, before the inner service. Default: nothing. */
  readonly onStart?: (start: TraceStart<Input>) => void;
  /** Called once per call, before the caller gets its output or error. Default: nothing. */
  readonly onEnd?: (end: TraceEnd<Input, Output>) => void;
  /** Hears what a hook throws, or rejects with. Default: `console.error`. */
  readonly onHookError?: (error: unknown, hook: TraceHook) => void;
  /** Source of time for `durationMs`; tests pass a fake. Default: the system clock. */
  readonly clock?: Clock;
}

/** A layer that keeps the shape, for inputs and outputs that its hooks understand. */
export interface TraceLayer<in HookInput, in HookOutput> {
  <Input extends HookInput, Output extends HookOutput>(inner: Service<Input, Output>): Service<Input, Output>;
}

/**
 * Tells of every call: once when it begins, and once when it ends, in whichever way.
 *
 * @remarks
 * Hooks look on. What they throw never reaches the call: it goes to `onHookError`, and if that throws too, both
 * errors go to `console.error`; none is lost. Hooks are not waited for; what an asynchronous hook rejects with goes
 * the same way.
 *
 * The end is the output of `serve`, not of what still runs then, such as a body that streams. Without `onEnd` the
 * promise of the inner service is returned as it is.
 *
 * @returns A layer that keeps input and output.
 * @throws UsageError `LML_ERR_USAGE` at construction when a hook is not a function.
 *
 * @example
 * const service = stack(
 *   traceLayer({ onEnd: ({ outcome, input }) => console.log(outcome, input) }),
 *   serviceFn((text: string) => text.toUpperCase()),
 * );
 * await service.serve('hi'); // prints: ok hi
 *
 * @public
 */
export function traceLayer<HookInput = unknown, HookOutput = unknown>(
  options: TraceLayerOptions<HookInput, HookOutput>,
): TraceLayer<HookInput, HookOutput> {
  const { onStart, onEnd, onHookError, clock = systemClock } = options;
  if (onStart !== undefined) requireFunction('onStart', onStart);
  if (onEnd !== undefined) requireFunction('onEnd', onEnd);
  if (onHookError !== undefined) requireFunction('onHookError', onHookError);

  const start = onStart && guardedHook('onStart', onStart, onHookError);
  if (onEnd === undefined) {
    return (inner) => ({
      serve(input) {
        start?.({ input });
        try {
          return inner.serve(input);
        } catch (error) {
          return Promise.reject(error);
        }
      },
    });
  }

  const end = guardedHook('onEnd', onEnd, onHookError);
  return (inner) => ({
    async serve(input) {
      const startMs = clock.nowMs();
      start?.({ input });
      try {
        const output = await inner.serve(input);
        end({ outcome: 'ok', input, durationMs: clock.nowMs() - startMs, output });
        return output;
      } catch (error) {
        const outcome = isCancellation(input, error) ? 'aborted' : 'error';
        end({ outcome, input, durationMs: clock.nowMs() - startMs, error });
        throw error;
      }
    },
  });
}
