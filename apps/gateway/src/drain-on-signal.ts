import type { Lifecycle } from '@lamella/service-core';

/** Waits for SIGTERM or SIGINT and drains; a second signal cuts what is left. */
export async function drainOnSignal(lifecycle: Lifecycle): Promise<void> {
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        if (lifecycle.phase !== 'running') void lifecycle.drain({ graceMs: 0 });
        resolve();
      });
    }
  });
  console.log('draining: new connections are refused, requests under way finish');
  const { durationMs, protocols } = await lifecycle.drain({ graceMs: 10_000 });
  console.log(`drained in ${Math.round(durationMs)} ms`, protocols);
}
