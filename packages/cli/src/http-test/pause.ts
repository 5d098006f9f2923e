import type { AbortScope, Clock } from '@lamella/service-core';

/** Waits. Rejects with the reason of `scope` if that is aborted meanwhile; no timer is left behind. */
export async function pause(delayMs: number, { clock, scope }: { clock: Clock; scope: AbortScope }): Promise<void> {
  if (delayMs === 0) return;
  scope.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const timer = clock.startTimer(delayMs, () => {
      listener.close();
      resolve();
    });
    const listener = scope.onAbort((reason) => {
      timer.cancel();
      reject(reason);
    });
  });
}
