import { trackResource } from '@lamella/net-core';
import type { Clock, Drainable, Lifecycle } from '@lamella/service-core';
import { AbortScope, ClosedError, TimeoutError } from '@lamella/service-core';

/** What bounds the {@link Refreshes}. */
export interface RefreshesOptions {
  readonly maxRefreshes: number;
  readonly refreshTimeoutMs: number;
  readonly lifecycle: Lifecycle | undefined;
  readonly clock: Clock;
}

/**
 * What is asked for in the background, while stale responses are given: each at most once at a time, few at a time, none for ever.
 *
 * @remarks
 * Nobody waits for them. So what does not fit is left to the request that finds the response stale next, a failure is left to the one
 * that has to ask itself, and draining ends them at once.
 */
export class Refreshes {
  readonly #options: RefreshesOptions;
  readonly #names = new Set<string>();

  constructor(options: RefreshesOptions) {
    this.#options = options;
  }

  /**
   * Runs `task`, unless there is no room for it or one of its name runs already.
   *
   * @param task - Gets a scope that aborts when it takes too long, or when the lifecycle drains.
   */
  start(name: string, task: (scope: AbortScope) => Promise<void>): void {
    const { maxRefreshes, lifecycle } = this.#options;
    if (this.#names.has(name) || this.#names.size >= maxRefreshes) return;
    if (lifecycle?.phase === 'draining' || lifecycle?.phase === 'closed') return;
    this.#names.add(name);
    const run = (): Promise<void> => this.#run(name, task);
    if (lifecycle === undefined) void run();
    else lifecycle.spawn(PROTOCOL, run);
  }

  async #run(name: string, task: (scope: AbortScope) => Promise<void>): Promise<void> {
    const { refreshTimeoutMs, lifecycle, clock } = this.#options;
    const scope = new AbortScope();
    const ended = Promise.withResolvers<void>();
    const part: Drainable = {
      protocol: PROTOCOL,
      isIdle: true, // nobody waits for it
      startDrain: () => scope.abort(new ClosedError('no response is refreshed while the lifecycle drains')),
      drained: ended.promise,
      destroy: (reason) => scope.abort(reason),
    };
    const resource = trackResource('cache-refresh', () => name);
    const registration = lifecycle?.register(part);
    const timer = clock.startTimer(refreshTimeoutMs, () =>
      scope.abort(new TimeoutError({ limit: 'refreshTimeoutMs', timeoutMs: refreshTimeoutMs })),
    );
    try {
      await scope.race(task(scope));
    } catch {
      // The next request that finds the response stale tells its own caller.
    } finally {
      timer.cancel();
      scope.close();
      this.#names.delete(name);
      resource.release();
      ended.resolve();
      registration?.[Symbol.dispose]();
    }
  }
}

const PROTOCOL = 'http-cache refresh';
