import type { AnyExtensionKey, ExtensionKey } from './extension-key.ts';
import type { Forkable, Insertable, Readable, Scope } from './scope.ts';

/** Options of {@link ExtensionStore.insert}. */
export interface InsertOptions {
  /** Who wrote the entry, as {@link ExtensionStore.inspect} shows it. Default: the namespace of the key. */
  readonly by?: string;
}

/** Options of {@link ExtensionStore.fork}. */
export interface ForkStoreOptions {
  /** Keys whose values above the fork become invisible in it. */
  readonly hide?: readonly AnyExtensionKey[];
  /** Hides every key that is `originScoped`, as a cross-origin redirect must. Default false. */
  readonly hideOriginScoped?: boolean;
  /** Hides every key that is `peerScoped`, as a tunnel through a proxy must. Default false. */
  readonly hidePeerScoped?: boolean;
}

/** What can be read of a store, now or {@link ExtensionStore.asOf | as of} an earlier moment. */
export interface ReadableExtensions<in Read extends Scope> {
  /** Looks a value up. @returns The newest visible value of `key`, or `undefined`. */
  readonly get: <Value>(key: ExtensionKey<Value, Read>) => Value | undefined;
  /** Shows everything. @returns The tree of stores and entries, one a line, for people. */
  readonly inspect: () => string;
}

/**
 * Side data of one connection, stream, request, attempt, response, upgrade or message.
 *
 * @remarks
 * An append-only log with a parent. The newest entry of a key wins; nothing is ever removed.
 *
 * - **Insert**: a store takes keys of its own scope ({@link Insertable}).
 * - **Get**: the own log, newest first; then the parents; then, for keys of a connection, the connection on the
 *   key's preferred side. The other side answers only if the preferred side has no link, so an answer never
 *   changes because another connection was opened.
 * - Only three verbs move state: {@link fork}, {@link link} and {@link promote}.
 *
 * Parameterised by the sets of scopes it accepts, so that an attempt's store passes where a request's is wanted,
 * and a key that could never be answered does not compile. Store facts here, never resources: what owns a
 * resource holds it and disposes it.
 */
export interface ExtensionStore<in Insert extends Scope, in Read extends Scope, in Fork extends Scope>
  extends ReadableExtensions<Read> {
  /** What this store belongs to. */
  readonly scope: Scope;
  /** The connection that the data came in by, of this store or the nearest one above. */
  readonly ingress: AnyExtensions | undefined;
  /** The connection that the data goes out by, of this store or the nearest one above. */
  readonly egress: AnyExtensions | undefined;
  /** Appends an entry. @throws UsageError when sealed, LimitError beyond 4,096 entries. */
  readonly insert: <Value>(key: ExtensionKey<Value, Insert>, value: Value, options?: InsertOptions) => void;
  /** Makes a store below this one; what is inserted there stays there. */
  readonly fork: <S extends Fork>(scope: S, options?: ForkStoreOptions) => Extensions<S>;
  /** Sets the connection of one side, once. @throws UsageError if it is set already, or would close a cycle. */
  readonly link: (side: 'ingress' | 'egress', connection: AnyExtensions) => void;
  /** Copies the visible value of `key`, if any, into another store, such as that of an upgraded connection. */
  readonly promote: <Value, S extends Scope>(
    key: ExtensionKey<Value, Read & S>,
    to: ExtensionStore<S, never, never>,
  ) => void;
  /** Refuses every later insert into this store. */
  readonly seal: () => void;
  /**
   * Looks back at the entries: links have no date, so a connection that was linked since answers too.
   *
   * @returns A snapshot: the entries that were visible when {@link extensionSequence} gave `sequence`.
   */
  readonly asOf: (sequence: number) => ReadableExtensions<Read>;
}

/** The store of scope `S`. */
export type Extensions<S extends Scope> = ExtensionStore<Insertable[S], Readable[S], Forkable[S]>;

/** A store of whichever scope: it can be passed on and linked, but not read or written. */
export type AnyExtensions = ExtensionStore<never, never, never>;
