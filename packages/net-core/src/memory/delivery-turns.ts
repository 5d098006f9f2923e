/**
 * When bytes in memory arrive: in a microtask, but now and then only in the next turn of the event loop.
 *
 * @remarks
 * Two ends that answer each other for ever would starve the timers of everybody else. One for each network, so that the same
 * program sees the same turns.
 */
export class DeliveryTurns {
  #count = 0;

  /** Runs `deliver` soon, never within this call. */
  schedule(deliver: () => void): void {
    this.#count = (this.#count + 1) % DELIVERIES_PER_TURN;
    if (this.#count === 0) setImmediate(deliver);
    else queueMicrotask(deliver);
  }
}

const DELIVERIES_PER_TURN = 512;
