/**
 * A value that changes over time and can be read and watched: how a sealed store shares live facts.
 *
 * @example
 * const bytes = cell(0);
 * bytes.set(12);
 * bytes.get(); // 12
 */
export interface Cell<Value> {
  /** Reads. @returns The value now. */
  readonly get: () => Value;
  /** Changes the value and tells the watchers, if it differs by `Object.is`. */
  readonly set: (value: Value) => void;
  /** Calls `watcher` at each change. @returns Stops watching. */
  readonly watch: (watcher: (value: Value) => void) => Disposable;
}

/** Makes a {@link Cell} holding `initial`. */
export function cell<Value>(initial: Value): Cell<Value> {
  let current = initial;
  const watchers = new Set<(value: Value) => void>();
  return {
    get: () => current,
    set(value) {
      if (Object.is(current, value)) return;
      current = value;
      for (const watcher of watchers) {
        if (!Object.is(current, value)) return; // a watcher has set it anew, and all have been told of that
        watcher(value);
      }
    },
    watch(watcher) {
      watchers.add(watcher);
      return { [Symbol.dispose]: () => void watchers.delete(watcher) };
    },
  };
}
