import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Runs a function outside of the asynchronous context of whoever calls.
 *
 * @remarks
 * A connection outlives the call that needed it first. Opened within that call, its socket and all that waits on it would keep what an
 * AsyncLocalStorage holds of the call in memory, and would run later calls as part of it.
 */
export const outsideOfCalls: <Value>(run: () => Value) => Value = AsyncLocalStorage.snapshot();
