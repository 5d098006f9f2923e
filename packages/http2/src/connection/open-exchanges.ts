/** An exchange as {@link OpenExchanges} keep it. */
export interface Placed {
  /** Where it stands among them; -1 for nowhere. */
  place: number;
}

/**
 * The exchanges of a connection that are not over, in no order.
 *
 * @remarks
 * No `Set`, for the reason that `StreamTable` has: what a table that was outgrown still holds lives on with it.
 */
export class OpenExchanges<Exchange extends Placed> {
  readonly #members: Exchange[] = [];

  /** Number of exchanges. */
  get size(): number {
    return this.#members.length;
  }

  /** Adds one that is not among them. */
  add(exchange: Exchange): void {
    exchange.place = this.#members.length;
    this.#members.push(exchange);
  }

  /** Takes one out, if it is among them: the last one takes its place. */
  delete(exchange: Exchange): void {
    const { place } = exchange;
    if (place < 0) return;
    const last = this.#members.pop();
    if (last !== undefined && last !== exchange) {
      this.#members[place] = last;
      last.place = place;
    }
    exchange.place = -1;
  }

  /** Those that there are now. */
  all(): Exchange[] {
    return this.#members.slice();
  }
}
