/**
 * Frees an output that nobody will get, if it has `Symbol.dispose` or `Symbol.asyncDispose`.
 *
 * @remarks
 * Not waited for. The caller has, or will have, its answer: a failing cleanup must not change that.
 */
export function disposeOutput(output: unknown): void {
  if (typeof output !== 'object' || output === null) return;
  // Any object may be asked for any property.
  const { [Symbol.dispose]: dispose, [Symbol.asyncDispose]: asyncDispose } = output as Partial<
    Disposable & AsyncDisposable
  >;
  try {
    if (dispose !== undefined) dispose.call(output);
    else if (asyncDispose !== undefined) Promise.resolve(asyncDispose.call(output)).catch(ignore);
  } catch {
    // As above.
  }
}

/** `discard` as a function that neither throws nor rejects. */
export function quietDiscard<Output>(discard: (output: Output) => unknown): (output: Output) => void {
  return (output) => {
    try {
      const result = discard(output);
      if (result instanceof Promise) result.catch(ignore);
    } catch {
      // As in `disposeOutput`.
    }
  };
}

function ignore(): void {}
