import { UsageError } from '@lamella/service-core';
import type { GrpcMethod } from '../methods/grpc-method.ts';
import type { MethodSettings } from './call-over-http.ts';
import { checkedPolicies } from './call-settings.ts';
import type { GrpcHedgingPolicy, GrpcRetryPolicy } from './retries/grpc-retry-policy.ts';

/** A value for all methods, or a function that says it for each of them; `undefined` is the default. */
export type ByMethod<Value> = Value | ((method: GrpcMethod) => Value | undefined);

/** How calls are made, for all methods or for each of them. */
export interface GrpcMethodOptions {
  /** When calls are tried again; asked once for each method, if it is a function. Default: never. */
  readonly retry?: ByMethod<GrpcRetryPolicy>;
  /** When calls are made several times at once; asked once for each method, if it is a function. Default: never. */
  readonly hedging?: ByMethod<GrpcHedgingPolicy>;
  /** Whether calls wait for a server that can't be connected to, until their deadline, rather than fail. Default false. */
  readonly waitForReady?: ByMethod<boolean>;
  /** Longest time for calls that have no `timeoutMs`, in milliseconds, greater than 0. Default `Infinity`. */
  readonly defaultTimeoutMs?: ByMethod<number>;
}

/** How calls of each method are made. @throws UsageError if an option is out of its range. */
export function settingsOfMethods(
  methods: Iterable<GrpcMethod>,
  options: GrpcMethodOptions,
  random: () => number,
): Map<GrpcMethod, MethodSettings> {
  const settings = new Map<GrpcMethod, MethodSettings>();
  for (const method of methods) {
    const policies = checkedPolicies(valueFor(method, options.retry), valueFor(method, options.hedging), random);
    settings.set(method, { ...policies, waitForReady: valueFor(method, options.waitForReady) });
  }
  return settings;
}

/** The time for calls of a method that do not say. @throws UsageError if it is out of its range. */
export function defaultTimeoutOf(method: GrpcMethod, options: GrpcMethodOptions): number {
  const defaultTimeoutMs = valueFor(method, options.defaultTimeoutMs) ?? Number.POSITIVE_INFINITY;
  if (!(defaultTimeoutMs > 0)) throw new UsageError(`defaultTimeoutMs must be > 0, got ${defaultTimeoutMs}`);
  return defaultTimeoutMs;
}

function valueFor<Value extends object | boolean | number>(
  method: GrpcMethod,
  value: ByMethod<Value> | undefined,
): Value | undefined {
  return typeof value === 'function' ? value(method) : value;
}
