import { LimitError, UsageError } from '../errors/errors.ts';
import type { Entry } from './extension-entry.ts';
import { producerOf } from './extension-entry.ts';
import type { AnyExtensionKey, ExtensionKey } from './extension-key.ts';
import type { AnyExtensions, ForkStoreOptions, InsertOptions, ReadableExtensions } from './extension-store.ts';
import { inspectLog } from './inspect-log.ts';
import type { Scope } from './scope.ts';

/**
 * The one implementation of `ExtensionStore`. Its types are loose inside; `Extensions` guards the outside.
 *
 * @remarks
 * Entries stand flat in one array, made at the first insert: most stores of a busy server stay empty.
 */
export class ExtensionLog {
  readonly scope: Scope;
  readonly #parent: ExtensionLog | undefined;
  readonly #hidden: ForkStoreOptions | undefined;
  #entries: Entry[] | undefined;
  #ingress: ExtensionLog | undefined;
  #egress: ExtensionLog | undefined;
  #isSealed = false;

  constructor(scope: Scope, parent?: ExtensionLog, hidden?: ForkStoreOptions, ingress?: AnyExtensions) {
    this.scope = scope;
    this.#parent = parent;
    this.#hidden = hidden;
    this.#ingress = ingress as ExtensionLog | undefined; // every store is made here
  }

  get ingress(): ExtensionLog | undefined {
    return this.#ingress ?? this.#parent?.ingress;
  }

  get egress(): ExtensionLog | undefined {
    return this.#egress ?? this.#parent?.egress;
  }

  /** The store that this one was forked from. */
  get parent(): ExtensionLog | undefined {
    return this.#parent;
  }

  /** Own entries, oldest first. */
  get entries(): readonly Entry[] {
    return this.#entries ?? NO_ENTRIES;
  }

  insert(key: AnyExtensionKey, value: unknown, options?: InsertOptions): void {
    if (this.#isSealed) throw new UsageError(`cannot insert ${key.name}: this ${this.scope} store is sealed`);
    const entries = this.#entries;
    const entry: Entry = { key, value, sequence: ++lastSequence, by: options?.by };
    if (entries === undefined) this.#entries = [entry];
    else if (entries.length < FEW_ENTRIES) this.#entries = appended(entries, entry);
    else if (entries.length < MAX_ENTRIES) entries.push(entry);
    else throw new LimitError({ limit: 'extension entries', maximum: MAX_ENTRIES, observed: entries.length + 1 });
  }

  get(key: AnyExtensionKey): unknown {
    return this.lookup(key, Number.POSITIVE_INFINITY)?.value;
  }

  /** The entry that answers `key`, considering only entries up to `sequence`. */
  lookup(key: AnyExtensionKey, sequence: number): Entry | undefined {
    for (let store: ExtensionLog | undefined = this; store !== undefined; store = store.#parent) {
      const entry = store.#own(key, sequence);
      if (entry !== undefined) return entry;
      if (store.#hides(key)) return undefined;
    }
    if (!isTransport(key.scope)) return undefined;

    const connection = key.prefer === 'ingress' ? (this.ingress ?? this.egress) : (this.egress ?? this.ingress);
    return connection?.lookup(key, sequence);
  }

  fork(scope: Scope, options?: ForkStoreOptions): ExtensionLog {
    return new ExtensionLog(scope, this, options);
  }

  link(side: 'ingress' | 'egress', connection: AnyExtensions): void {
    const target = connection as unknown as ExtensionLog; // every store is made here
    if ((side === 'ingress' ? this.#ingress : this.#egress) !== undefined) {
      throw new UsageError(`the ${side} of this ${this.scope} store is linked already`);
    }
    if (target.reaches(this)) throw new UsageError(`linking this ${side} would close a cycle of stores`);
    if (side === 'ingress') this.#ingress = target;
    else this.#egress = target;
  }

  promote(key: AnyExtensionKey, to: Pick<ExtensionLog, 'insert'>): void {
    const entry = this.lookup(key, Number.POSITIVE_INFINITY);
    if (entry !== undefined) to.insert(key, entry.value, { by: producerOf(entry) });
  }

  seal(): void {
    this.#isSealed = true;
  }

  inspect(): string {
    return inspectLog(this, Number.POSITIVE_INFINITY);
  }

  asOf(sequence: number): ReadableExtensions<Scope> {
    return {
      get: <Value>(key: ExtensionKey<Value, Scope>) => this.lookup(key, sequence)?.value as Value | undefined, // as inserted
      inspect: () => inspectLog(this, sequence),
    };
  }

  #own(key: AnyExtensionKey, sequence: number): Entry | undefined {
    const entries = this.#entries;
    if (entries === undefined) return undefined;
    for (let index = entries.length - 1; index >= 0; index--) {
      const entry = entries[index];
      if (entry !== undefined && entry.key.id === key.id && entry.sequence <= sequence) return entry;
    }
    return undefined;
  }

  #hides(key: AnyExtensionKey): boolean {
    const hidden = this.#hidden;
    if (hidden === undefined) return false;
    if (hidden.hideOriginScoped === true && key.originScoped) return true;
    if (hidden.hidePeerScoped === true && key.peerScoped) return true;
    return hidden.hide?.some((other) => other.id === key.id) ?? false;
  }

  /** Whether `goal` is this store or one that it looks into. */
  reaches(goal: ExtensionLog): boolean {
    return (
      this === goal ||
      this.#parent?.reaches(goal) === true ||
      this.#ingress?.reaches(goal) === true ||
      this.#egress?.reaches(goal) === true
    );
  }
}

/**
 * The number of the latest insert into any store of this process; give it to `asOf` later.
 *
 * @returns A count that only grows, starting at 0.
 */
export function extensionSequence(): number {
  return lastSequence;
}

/**
 * A list with one more entry. One that grows by `push`, or by a spread, gets room for 17 at once, though most stores have one to three; and
 * `concat` takes longer than all the rest of an insert.
 */
function appended(entries: readonly Entry[], entry: Entry): Entry[] {
  const [first, second, third] = [entries[0], entries[1], entries[2]];
  if (first === undefined || second === undefined) return first === undefined ? [entry] : [first, entry];
  return third === undefined ? [first, second, entry] : [first, second, third, entry];
}

function isTransport(scope: Scope): boolean {
  return scope === 'connection' || scope === 'stream' || scope === 'upgrade';
}

let lastSequence = 0;
const FEW_ENTRIES = 4;
const MAX_ENTRIES = 4096;
const NO_ENTRIES: readonly Entry[] = [];
