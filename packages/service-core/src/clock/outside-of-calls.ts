/**
 * Runs a function outside of the asynchronous context of whoever calls.
 *
 * @remarks
 * A timer that many share, and that starts itself anew, would keep what an AsyncLocalStorage holds of the call that needed it first in memory, and
 * would call the others back as part of that call. Where the runtime has no such contexts, the function is just called.
 */
export const outsideOfCalls: <Value>(run: () => Value) => Value = rootSnapshot() ?? ((run) => run());

/** Asked for, not imported: this package runs where there are no modules of Node. */
function rootSnapshot(): (<Value>(run: () => Value) => Value) | undefined {
  return globalThis.process?.getBuiltinModule?.('node:async_hooks')?.AsyncLocalStorage.snapshot();
}
