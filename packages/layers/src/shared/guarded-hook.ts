import { tellFailure } from '@lamella/service-core';

/**
 * The hook as a function that never throws and never rejects unheard: hooks look on, and must not change the call.
 *
 * @param name - What the sink is told.
 * @param sink - If it throws too, both errors go to `console.error`; none is lost.
 */
export function guardedHook<Told, Name extends string>(
  name: Name,
  hook: (told: Told) => unknown,
  sink: (error: unknown, hook: Name) => void = reportHookError,
): (told: Told) => void {
  const report = (error: unknown): void => {
    try {
      sink(error, name);
    } catch (sinkError) {
      reportHookError(error, name);
      tellFailure('onHookError', sinkError);
    }
  };
  return (told) => {
    try {
      const result = hook(told);
      if (result instanceof Promise) result.catch(report); // an async function passes for one without a result
    } catch (error) {
      report(error);
    }
  };
}

/** Where the error of a hook goes if nobody else wants it. */
export function reportHookError(error: unknown, hook: string): void {
  tellFailure(`hook ${hook}`, error);
}
