import { createExtensions } from '../extensions/create-extensions.ts';
import type { Extensions } from '../extensions/extension-store.ts';
import type { Scope } from '../extensions/scope.ts';
import { AbortScope } from './abort-scope.ts';
import type { ForkOptions, Scoped } from './scoped.ts';

/** Options of {@link serviceInput}. */
export interface ServiceInputOptions {
  /** Cancels the input. Default: never. */
  readonly signal?: AbortSignal;
}

/** Any value as the input of a stack: the value, a request-scoped store and a cancellation. */
export class ServiceInput<Value> implements Scoped<ServiceInput<Value>, 'request'> {
  /** The value that was wrapped. */
  readonly value: Value;
  /** Side data of this input. */
  readonly extensions: Extensions<'request'>;
  /** Cancellation of this input, for layers. */
  readonly scope: AbortScope;

  constructor(value: Value, extensions: Extensions<'request'>, scope: AbortScope) {
    this.value = value;
    this.extensions = extensions;
    this.scope = scope;
  }

  /** The same as a standard signal, made at the first read. */
  get signal(): AbortSignal {
    return this.scope.signal;
  }

  /** The same value with another scope or store. */
  fork(options: ForkOptions<'request'>): ServiceInput<Value> {
    return new ServiceInput(this.value, options.extensions ?? this.extensions, forkedScope(this.scope, options));
  }
}

/**
 * Wraps a value so that layers which need a signal, extensions and `fork` can carry it.
 *
 * @example
 * const input = serviceInput('ping');
 * input.value; // 'ping'
 * input.signal.aborted; // false
 */
export function serviceInput<Value>(value: Value, options: ServiceInputOptions = {}): ServiceInput<Value> {
  const scope = options.signal === undefined ? new AbortScope() : AbortScope.following(options.signal);
  return new ServiceInput(value, createExtensions('request'), scope);
}

/** The scope that a fork of an input with `current` gets: its own, one that follows a signal, or the same. */
export function forkedScope<S extends Scope>(current: AbortScope, options: ForkOptions<S>): AbortScope {
  if (options.scope !== undefined) return options.scope;
  return options.signal === undefined ? current : AbortScope.following(options.signal);
}
