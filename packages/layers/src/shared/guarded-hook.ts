import { failureSink } from '@lamella/service-core';

/**
 * The hook as a function that never throws and never rejects unheard: hooks look on, and must not change the call.
 *
 * @param name - What the sink is told.
 * @param sink - If it throws too, both errors go to `console.error`; none is lost. Default: `console.error`.
 */
export function guardedHook<Told, Name extends string>(
  name: Name,
  hook: (told: Told) => unknown,
  sink?: (error: unknown, hook: Name) => void,
): (told: Told) => void {
  const tell = failureSink(sink, () => `hook ${name}`, 'onHookError');
  const report = (error: unknown): void => tell(error, name);
  return (told) => {
    try {
      const result = hook(told);
      if (result instanceof Promise) result.catch(report); // an async function passes for one without a result
    } catch (error) {
      report(error);
    }
  };
}
