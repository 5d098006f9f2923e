import type { Clock, DrainReport, Lifecycle } from '@lamella/service-core';
import { systemClock } from '@lamella/service-core';

/** What asks a process to end. */
export type DrainSignal = 'SIGINT' | 'SIGTERM';

/** Where signals come from, such as `process`. */
export interface SignalSource {
  on(signal: DrainSignal, listener: (signal: DrainSignal) => void): unknown;
  off(signal: DrainSignal, listener: (signal: DrainSignal) => void): unknown;
}

/** Options of {@link drainOnSignal}. */
export interface DrainOnSignalOptions {
  /** Time to go on accepting after a signal, in milliseconds, at least 0. Default 0. */
  readonly preDrainMs?: number;
  /** Time that work under way has after that, in milliseconds, at least 0. Default 10_000. */
  readonly graceMs?: number;
  /** Where signals come from. Default: `process`. */
  readonly signals?: SignalSource;
  /** Source of time. Default: the system clock. */
  readonly clock?: Clock;
  /** Hears that a drain begins. Default: nobody. */
  readonly onDrain?: () => void;
}

/**
 * Drains when SIGINT or SIGTERM comes; another signal a while later cuts what is left.
 *
 * @remarks
 * Signals that follow at once are the same one, which package runners hand down to a process that has it from the terminal
 * already: one Ctrl+C must not cut.
 *
 * @returns What became of everything that was open, once it is closed.
 *
 * @example
 * const lifecycle = createLifecycle();
 * const { durationMs } = await drainOnSignal(lifecycle, { preDrainMs: 5_000, graceMs: 20_000 });
 * console.log(`drained in ${durationMs} ms`);
 */
export function drainOnSignal(lifecycle: Lifecycle, options: DrainOnSignalOptions = {}): Promise<DrainReport> {
  const { preDrainMs = 0, graceMs = 10_000, signals = process, clock = systemClock, onDrain } = options;
  return new Promise((resolve) => {
    let signalledAtMs: number | undefined;
    let isDrained = false;
    const isSameSignal = (): boolean => signalledAtMs !== undefined && clock.nowMs() - signalledAtMs < SAME_SIGNAL_MS;
    const listenNoMore = (): void => {
      for (const signal of SIGNALS) signals.off(signal, onSignal);
    };
    const onSignal = (signal: DrainSignal): void => {
      if (isSameSignal()) return;
      if (isDrained) {
        listenNoMore();
        // Where nobody else listens it ends the process, as by default.
        if (signals === process && process.listenerCount(signal) === 0) process.kill(process.pid, signal);
        return;
      }
      if (signalledAtMs !== undefined) {
        void lifecycle.drain({ preDrainMs: 0, graceMs: 0 });
        return;
      }
      signalledAtMs = clock.nowMs();
      onDrain?.();
      void lifecycle.drain({ preDrainMs, graceMs }).then((report) => {
        isDrained = true;
        // The same signal may still be on its way, and would end the process before it has said and put away everything.
        if (!isSameSignal()) listenNoMore();
        resolve(report);
      });
    };
    for (const signal of SIGNALS) signals.on(signal, onSignal);
  });
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** How long after a signal the next one still is the same, in milliseconds. */
const SAME_SIGNAL_MS = 500;
