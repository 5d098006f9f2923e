/** A turn that somebody waits for. */
export interface Turn {
  /** It has come. */
  readonly give: () => void;
  /** It does not come. */
  readonly refuse: (reason: unknown) => void;
}

/** Who waits for a turn: the sources have theirs one after the other, and who comes first of a source is first there. */
export class TurnsBySource {
  readonly #lines = new Map<string, Set<Turn>>();
  #size = 0;

  /** How many wait. */
  get size(): number {
    return this.#size;
  }

  add(source: string, turn: Turn): void {
    const line = this.#lines.get(source);
    if (line === undefined) this.#lines.set(source, new Set([turn]));
    else line.add(turn);
    this.#size++;
  }

  /** Somebody does not want to wait any more, or does not wait at all. */
  remove(source: string, turn: Turn): void {
    const line = this.#lines.get(source);
    if (line?.delete(turn) !== true) return;
    this.#size--;
    if (line.size === 0) this.#lines.delete(source);
  }

  /** Takes out whose turn it is. */
  take(): Turn | undefined {
    for (const [source, line] of this.#lines) {
      for (const turn of line) {
        this.remove(source, turn);
        if (line.size > 0) {
          this.#lines.delete(source); // the others are first now
          this.#lines.set(source, line);
        }
        return turn;
      }
    }
    return undefined;
  }

  /** Takes out the last of the longest line to make room for one more of `source`, whose own line has to be shorter still with that one. */
  giveWay(source: string): Turn | undefined {
    let [longest, length] = [source, (this.#lines.get(source)?.size ?? 0) + 1];
    for (const [other, { size }] of this.#lines) if (size > length) [longest, length] = [other, size];
    const last = longest === source ? undefined : [...(this.#lines.get(longest) ?? [])].at(-1);
    if (last !== undefined) this.remove(longest, last);
    return last;
  }
}
