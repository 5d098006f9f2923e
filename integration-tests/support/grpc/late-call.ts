import { expect } from 'vitest';

/**
 * Makes a call that hangs until its deadline, and waits until its handler has heard of that.
 *
 * On a busy machine a call may be over before it has come to its handler: then there is another one, with more time.
 *
 * @param call - Expects that a call with such a deadline fails by it.
 * @param log - What handlers have said: `begun` when they begin to hang, `aborted` when they hear that the call is over.
 */
export async function expectLate(
  call: (timeoutMs: number) => Promise<void>,
  log: () => readonly string[],
): Promise<void> {
  const count = (entry: string): number => log().filter((each) => each === entry).length;
  for (let timeoutMs = 250; count('begun') === 0; timeoutMs *= 2) await call(timeoutMs);
  await expect.poll(() => count('aborted')).toBe(count('begun'));
}
