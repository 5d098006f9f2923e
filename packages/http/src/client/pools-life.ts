import type { Drainable, Lifecycle } from '@lamella/service-core';
import type { PoolGroup } from './pool-group.ts';

/** How groups of pools end together: drained, closed or destroyed. */
export class PoolsLife implements Drainable {
  readonly protocol: string;
  readonly drained: Promise<void>;
  readonly #groups: readonly PoolGroup[];
  readonly #resolveDrained: () => void;
  readonly #registration: Disposable | undefined;
  #state: 'open' | 'draining' | 'closed' = 'open';

  /** @param groups - Those first that use what the ones behind them have open. */
  constructor(protocol: string, groups: readonly PoolGroup[], lifecycle: Lifecycle | undefined) {
    this.protocol = protocol;
    this.#groups = groups;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.drained = promise;
    this.#resolveDrained = resolve;
    this.#registration = lifecycle?.register(this);
  }

  /** Whether it takes nothing more. */
  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  get isIdle(): boolean {
    // What the groups behind the first one have open is for those before them.
    return this.#groups[0]?.gauges.every(({ open, idle, waiting }) => open === idle && waiting === 0) ?? true;
  }

  /** Requests that drain elsewhere may still need the pools: they go on, but keep no connection. */
  startDrain(): void {
    if (this.#state === 'open') this.#state = 'draining';
    this.#closeGroups();
  }

  /** Takes nothing more. @returns Resolves when what is under way has ended. */
  close(): Promise<void> {
    this.#state = 'closed';
    this.#closeGroups();
    return this.drained;
  }

  destroy(reason: unknown): void {
    this.#state = 'closed';
    for (const group of this.#groups) group.destroy(reason);
    this.check();
  }

  /** Something has ended: perhaps it was the last. */
  check(): void {
    if (this.#state === 'open' || !this.#groups.every(({ isEmpty }) => isEmpty)) return;
    this.#resolveDrained();
    this.#registration?.[Symbol.dispose]();
  }

  #closeGroups(): void {
    for (const group of this.#groups) group.close();
    this.check();
  }
}
