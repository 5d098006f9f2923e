/** An exchange as {@link OpenExchanges} link it. */
export interface Linked<Exchange> {
  previousOpen: Exchange | undefined;
  nextOpen: Exchange | undefined;
}

/**
 * The exchanges of a connection that are not over, in the order in which they began.
 *
 * @remarks
 * No `Set`, for the reason that `StreamTable` has: what a table that was outgrown still holds lives on with it.
 */
export class OpenExchanges<Exchange extends Linked<Exchange>> {
  #first: Exchange | undefined;
  #last: Exchange | undefined;
  #size = 0;

  /** Number of exchanges. */
  get size(): number {
    return this.#size;
  }

  /** Adds one that is not among them. */
  add(exchange: Exchange): void {
    const last = this.#last;
    exchange.previousOpen = last;
    if (last === undefined) this.#first = exchange;
    else last.nextOpen = exchange;
    this.#last = exchange;
    this.#size++;
  }

  /** Takes one out, if it is among them. */
  delete(exchange: Exchange): void {
    const { previousOpen: previous, nextOpen: next } = exchange;
    if (previous === undefined && this.#first !== exchange) return;
    if (previous === undefined) this.#first = next;
    else previous.nextOpen = next;
    if (next === undefined) this.#last = previous;
    else next.previousOpen = previous;
    // One that is over, but old already, would keep its neighbours alive.
    exchange.previousOpen = exchange.nextOpen = undefined;
    this.#size--;
  }

  /** Those that there are now. */
  all(): Exchange[] {
    const all: Exchange[] = [];
    for (let exchange = this.#first; exchange !== undefined; exchange = exchange.nextOpen) all.push(exchange);
    return all;
  }
}
