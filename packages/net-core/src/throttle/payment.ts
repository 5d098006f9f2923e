import type { BandwidthBudget, BandwidthTurn } from './bandwidth-budget.ts';
import { takeFromAll } from './bandwidth-budget.ts';

/** Takes bytes from budgets for one direction of one stream: one turn at a time, until it is called off. */
export class Payment {
  /** Most bytes that can be paid at a time. */
  readonly chunkBytes: number;
  readonly #budgets: readonly BandwidthBudget[];
  #turn: BandwidthTurn | undefined;
  #resolve: (() => void) | undefined;
  #isOff = false;

  constructor(budgets: readonly BandwidthBudget[]) {
    this.#budgets = budgets;
    this.chunkBytes = Math.min(...budgets.map((budget) => budget.chunkBytes));
  }

  /** Whether it has been called off. */
  get isOff(): boolean {
    return this.#isOff;
  }

  /** @returns `undefined` if the bytes are paid, or a promise that resolves when they are, or when it is called off. */
  pay(byteCount: number): Promise<void> | undefined {
    if (this.#isOff) return undefined;
    this.#turn = takeFromAll(this.#budgets, byteCount, () => this.#finish());
    if (this.#turn === undefined) return undefined;
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Waits for nothing more, and takes nothing more. */
  callOff(): void {
    this.#isOff = true;
    this.#turn?.cancel();
    this.#finish();
  }

  #finish(): void {
    this.#turn = undefined;
    this.#resolve?.();
    this.#resolve = undefined;
  }
}
