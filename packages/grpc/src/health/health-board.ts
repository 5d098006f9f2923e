import type { AbortScope } from '@lamella/service-core';

/** How services stand, and who waits for that to change. */
export class HealthBoard {
  readonly #statuses = new Map<string, number>();
  readonly #waiting = new Set<() => void>();
  #override: number | undefined;
  #isLeaving = false;

  /** How a service stands; `undefined` if nobody said. */
  statusOf(service: string): number | undefined {
    const own = this.#statuses.get(service);
    return own === undefined ? undefined : (this.#override ?? own);
  }

  /** All services of which somebody said something. */
  services(): readonly string[] {
    return [...this.#statuses.keys()];
  }

  /** How many wait for a change. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Whether those who wait should go. */
  get isLeaving(): boolean {
    return this.#isLeaving;
  }

  set(service: string, status: number): void {
    this.#statuses.set(service, status);
    this.#tell();
  }

  clear(service: string): void {
    if (this.#statuses.delete(service)) this.#tell();
  }

  /** All services stand like this from now on, whatever is said of them. */
  override(status: number): void {
    this.#override = status;
    this.#tell();
  }

  /** Sends everybody away who waits. */
  leave(): void {
    this.#isLeaving = true;
    this.#tell();
  }

  /** Resolves at the next change. Nothing stays behind if `scope` is aborted before. */
  async changed(scope: AbortScope): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add(resolve);
    try {
      await scope.race(promise);
    } finally {
      this.#waiting.delete(resolve);
    }
  }

  #tell(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
