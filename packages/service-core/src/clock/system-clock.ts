import type { Clock, Timer } from './clock.ts';
import { COARSE_TICK_MS, coarseNowMs } from './coarse-time.ts';
import { CoarseTimerList } from './coarse-timer-list.ts';

/** The {@link Clock} of the machine, with a look at what is pending. */
export interface SystemClock extends Clock {
  /** Timers started and neither elapsed nor cancelled. */
  readonly pendingTimers: number;
}

/**
 * The clock of the machine.
 *
 * @remarks
 * Timers of a second and more are coarse: they share one system timer per duration and elapse up to 100 ms late, never
 * early. Starting and cancelling one costs a quarter of a `setTimeout`, so that every request can afford its deadlines.
 */
export const systemClock: SystemClock = {
  nowMs: () => performance.now(),
  coarseNowMs,
  epochMs: () => Date.now(),
  startTimer: (delayMs, onElapsed) => {
    if (delayMs >= COARSE_FROM_MS) return startCoarseTimer(delayMs, onElapsed);
    return new ExactTimer(delayMs, onElapsed);
  },
  get pendingTimers() {
    let count = exactTimers;
    for (const list of coarseLists.values()) count += list.size;
    return count;
  },
};

class ExactTimer implements Timer {
  readonly #handle: ReturnType<typeof setTimeout>;
  #isPending = true;

  constructor(delayMs: number, onElapsed: () => void) {
    exactTimers++;
    this.#handle = setTimeout(() => {
      this.#end();
      onElapsed();
    }, delayMs);
  }

  cancel(): void {
    if (!this.#isPending) return;
    clearTimeout(this.#handle);
    this.#end();
  }

  #end(): void {
    this.#isPending = false;
    exactTimers--;
  }
}

function startCoarseTimer(delayMs: number, onElapsed: () => void): Timer {
  if (delayMs === Number.POSITIVE_INFINITY) return NEVER;
  const durationMs = Math.ceil(delayMs / COARSE_TICK_MS) * COARSE_TICK_MS;
  let list = coarseLists.get(durationMs);
  if (list === undefined) {
    list = new CoarseTimerList(durationMs, () => coarseLists.delete(durationMs));
    coarseLists.set(durationMs, list);
  }
  return list.start(onElapsed);
}

const COARSE_FROM_MS = 1_000;
const NEVER: Timer = { cancel() {} };
const coarseLists = new Map<number, CoarseTimerList>();
let exactTimers = 0;
