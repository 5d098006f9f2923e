import type { TestHooks } from '@lamella/net-core/testing';

/**
 * Fails every test during which an exception or a rejection reaches the process: a failure that nobody was told of.
 *
 * @example
 * checkProcess({ beforeEach, afterEach }); // at the top of a test file
 */
export function checkProcess(hooks: TestHooks): void {
  const seen: unknown[] = [];
  const onFailure = (error: unknown): void => void seen.push(error);
  hooks.beforeEach(() => {
    seen.length = 0;
    process.prependListener('uncaughtException', onFailure);
    process.prependListener('unhandledRejection', onFailure);
  });
  hooks.afterEach(async () => {
    // Node tells of an unhandled rejection when the microtasks of its turn are done.
    await new Promise<void>((resolve) => setImmediate(resolve));
    process.removeListener('uncaughtException', onFailure);
    process.removeListener('unhandledRejection', onFailure);
    if (seen.length > 0) throw new AggregateError(seen, `${seen.length} failures reached the process`);
  });
}
