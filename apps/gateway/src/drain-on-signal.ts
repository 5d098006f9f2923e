import type { Lifecycle } from '@lamella/service-core';

/** Waits for SIGTERM or SIGINT and drains; another signal a while later cuts what is left. */
export async function drainOnSignal(lifecycle: Lifecycle): Promise<void> {
  await firstSignal(() => void lifecycle.drain({ graceMs: 0 }));
  console.log('draining: new connections are refused, requests under way finish; Ctrl+C again cuts them');
  const { durationMs, protocols } = await lifecycle.drain({ graceMs: 10_000 });
  const counts = Object.entries(protocols).map(
    ([protocol, { finished, closed, cut }]) => `${protocol} ${finished} finished, ${closed} closed, ${cut} cut`,
  );
  console.log([`drained in ${Math.round(durationMs)} ms`, ...counts].join('; '));
}

function firstSignal(onLater: () => void): Promise<void> {
  return new Promise((resolve) => {
    let firstMs: number | undefined;
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        firstMs ??= performance.now();
        // Package runners hand a Ctrl+C down that the terminal has sent here already: one press must not cut.
        if (performance.now() - firstMs > SAME_SIGNAL_MS) onLater();
        resolve();
      });
    }
  });
}

const SAME_SIGNAL_MS = 500;
