import { UsageError } from '../errors/errors.ts';
import type { Scope } from './scope.ts';

declare const VALUE: unique symbol;

/**
 * Names one kind of side data: its value type `Value`, and the scope that it belongs to.
 *
 * @remarks
 * Identity is {@link id}, a `Symbol.for`, so two copies of a package agree on their keys.
 */
export interface ExtensionKey<Value, S extends Scope> {
  /** Identity of the key. */
  readonly id: symbol;
  /** Name as given, `namespace/name`. */
  readonly name: string;
  /** What the value belongs to. */
  readonly scope: S;
  /** Which connection answers when a request has one on both sides. */
  readonly prefer: 'ingress' | 'egress';
  /** Whether a cross-origin hop hides the value, as credentials must be. */
  readonly originScoped: boolean;
  /** Whether a tunnel through the peer hides the value, since it says nothing of whoever is behind that. */
  readonly peerScoped: boolean;
  /** Only for the type checker: keys are invariant in their value. */
  readonly [VALUE]?: (value: Value) => Value;
}

/** Any key, for lists of keys of different value types. */
export interface AnyExtensionKey {
  /** Identity of the key. */
  readonly id: symbol;
  /** Name as given, `namespace/name`. */
  readonly name: string;
  /** What the value belongs to. */
  readonly scope: Scope;
  /** Which connection answers when a request has one on both sides. */
  readonly prefer: 'ingress' | 'egress';
  /** Whether a cross-origin hop hides the value. */
  readonly originScoped: boolean;
  /** Whether a tunnel through the peer hides the value. */
  readonly peerScoped: boolean;
}

/** Options of {@link extensionKey}. */
export interface ExtensionKeyOptions<S extends Scope> {
  /** What the value belongs to. */
  readonly scope: S;
  /** Which connection answers when a request has one on both sides. Default `'ingress'`. */
  readonly prefer?: 'ingress' | 'egress';
  /** Hides the value on a cross-origin hop. Default false. */
  readonly originScoped?: boolean;
  /** Hides the value in tunnels through the peer, of whom it tells, such as its certificate. Default false. */
  readonly peerScoped?: boolean;
}

/**
 * Declares a key for {@link Extensions}.
 *
 * @param name - `namespace/name`, unique in the world; the namespace is usually the package.
 * @param options - Scope and lookup rules of the key.
 * @returns The key; write its type out: `const UserId: ExtensionKey<string, 'request'> = extensionKey(...)`.
 * @throws {@link UsageError} if the name has no namespace, or was declared before with other options.
 */
export function extensionKey<Value, S extends Scope>(
  name: string,
  options: ExtensionKeyOptions<S>,
): ExtensionKey<Value, S> {
  if (!NAME.test(name)) throw new UsageError(`extension key ${JSON.stringify(name)} must look like namespace/name`);
  const { scope, prefer = 'ingress', originScoped = false, peerScoped = false } = options;
  const key: AnyExtensionKey = { id: Symbol.for(`lamella/${name}`), name, scope, prefer, originScoped, peerScoped };

  const known = declared.get(name);
  if (known !== undefined && !isSame(known, key)) {
    throw new UsageError(`extension key ${name} is declared twice with different options`);
  }
  declared.set(name, key);
  return Object.freeze(key) as ExtensionKey<Value, S>; // Value exists for the type checker only
}

function isSame(first: AnyExtensionKey, second: AnyExtensionKey): boolean {
  return (
    first.scope === second.scope &&
    first.prefer === second.prefer &&
    first.originScoped === second.originScoped &&
    first.peerScoped === second.peerScoped
  );
}

const NAME = /^[a-z0-9-]+(?:\/[a-z0-9-]+)+$/;
const declared = new Map<string, AnyExtensionKey>();
