import type { Clock } from '../clock/clock.ts';
import { systemClock } from '../clock/system-clock.ts';
import { ClosedError } from '../errors/errors.ts';
import { failureSink } from '../errors/tell-failure.ts';
import { Drain } from './drain.ts';
import type { Drainable, DrainOptions, DrainReport, Lifecycle, LifecyclePhase } from './lifecycle.ts';

/** Options of {@link createLifecycle}. */
export interface LifecycleOptions {
  /** Source of timers; tests pass a fake. Default: the system clock. */
  readonly clock?: Clock;
  /** Hears of every failure of a spawned task. Default: `console.error`. */
  readonly onError?: (error: unknown, taskName: string) => void;
}

/**
 * Makes a {@link Lifecycle} that is running.
 *
 * @example
 * const lifecycle = createLifecycle();
 * process.once('SIGTERM', () => void lifecycle.drain({ preDrainMs: 5_000, graceMs: 30_000 }));
 */
export function createLifecycle(options: LifecycleOptions = {}): Lifecycle {
  return new DrainingLifecycle(options);
}

class DrainingLifecycle implements Lifecycle {
  readonly #clock: Clock;
  readonly #onError: (error: unknown, taskName: string) => void;
  readonly #parts = new Set<Drainable>();
  readonly #tasks = new Set<{ readonly name: string }>();
  #phase: LifecyclePhase = 'running';
  #drain: Drain | undefined;

  constructor(options: LifecycleOptions) {
    this.#clock = options.clock ?? systemClock;
    this.#onError = failureSink(options.onError, (taskName) => taskName);
  }

  get phase(): LifecyclePhase {
    return this.#phase;
  }

  readonly spawn = (name: string, task: () => Promise<void>): void => {
    const entry = { name };
    this.#tasks.add(entry);
    const end = (): void => {
      this.#tasks.delete(entry);
      this.#drain?.check();
    };
    // Not `async`: what waits for the end of a task takes memory as long as that lasts, and most tasks are connections.
    started(task).then(end, (error: unknown) => {
      end();
      this.#onError(error, name);
    });
  };

  readonly register = (part: Drainable): Disposable => {
    this.#parts.add(part);
    if (this.#phase === 'pre-drain') this.#drain?.announce(part);
    else if (this.#phase === 'draining') this.#drain?.start(part);
    else if (this.#phase === 'closed') part.destroy(new ClosedError('the lifecycle is closed'));
    return {
      [Symbol.dispose]: () => {
        this.#parts.delete(part);
        this.#drain?.ended(part);
      },
    };
  };

  readonly drain = (options: DrainOptions = {}): Promise<DrainReport> => {
    this.#drain ??= new Drain({
      clock: this.#clock,
      parts: this.#parts,
      tasks: this.#tasks,
      onPhase: (phase) => {
        this.#phase = phase;
      },
      onError: this.#onError,
    });
    return this.#drain.run(options);
  };
}

/** A task must not throw, but one that does shall not take down whoever spawned it. */
function started(task: () => Promise<void>): Promise<void> {
  try {
    return task();
  } catch (error) {
    return Promise.reject(error);
  }
}
