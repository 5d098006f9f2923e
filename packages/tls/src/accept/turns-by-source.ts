/** Who waits for a turn: the sources have theirs one after the other, and who comes first of a source is first there. */
export class TurnsBySource {
  readonly #lines = new Map<string, Set<() => void>>();
  #size = 0;

  /** How many wait. */
  get size(): number {
    return this.#size;
  }

  add(source: string, turn: () => void): void {
    const line = this.#lines.get(source);
    if (line === undefined) this.#lines.set(source, new Set([turn]));
    else line.add(turn);
    this.#size++;
  }

  /** Somebody does not want to wait any more, or does not wait at all. */
  remove(source: string, turn: () => void): void {
    const line = this.#lines.get(source);
    if (line?.delete(turn) !== true) return;
    this.#size--;
    if (line.size === 0) this.#lines.delete(source);
  }

  /** Takes out whose turn it is. */
  take(): (() => void) | undefined {
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
}
