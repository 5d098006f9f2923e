import type { DrainReport, Lifecycle } from '@lamella/service-core';

/** Where signals come from, such as `process`. */
export interface SignalSource {
  on(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  off(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
}

/** Options of {@link drainOnSignal}. */
export interface DrainOnSignalOptions {
  /** Time to go on accepting after a signal, in milliseconds. */
  readonly preDrainMs: number;
  /** Time that work under way has after that, in milliseconds. */
  readonly graceMs: number;
  readonly signals: SignalSource;
  /** Milliseconds on a clock that never jumps. */
  readonly nowMs: () => number;
  /** Hears that a drain begins. */
  readonly onDrain: () => void;
}

/**
 * Drains when SIGINT or SIGTERM comes; another signal a while later cuts what is left.
 *
 * @remarks
 * Signals that follow at once are the same one, which package runners hand down to a process that has it from the terminal
 * already: one Ctrl+C must not cut.
 */
export function drainOnSignal(lifecycle: Lifecycle, options: DrainOnSignalOptions): Promise<DrainReport> {
  const { preDrainMs, graceMs, signals, nowMs, onDrain } = options;
  return new Promise((resolve) => {
    let drainingSinceMs: number | undefined;
    const onSignal = (): void => {
      if (drainingSinceMs !== undefined) {
        if (nowMs() - drainingSinceMs >= SAME_SIGNAL_MS) void lifecycle.drain({ preDrainMs: 0, graceMs: 0 });
        return;
      }
      drainingSinceMs = nowMs();
      onDrain();
      void lifecycle.drain({ preDrainMs, graceMs }).then((report) => {
        for (const signal of SIGNALS) signals.off(signal, onSignal);
        resolve(report);
      });
    };
    for (const signal of SIGNALS) signals.on(signal, onSignal);
  });
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** How long after a signal the next one still is the same, in milliseconds. */
const SAME_SIGNAL_MS = 500;
