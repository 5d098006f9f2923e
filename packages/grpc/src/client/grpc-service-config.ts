import { UsageError } from '@lamella/service-core';
import { GrpcStatus } from '../codec/grpc-status.ts';
import type { GrpcMethod } from '../methods/grpc-method.ts';
import type { GrpcMethodOptions } from './method-settings.ts';
import type { GrpcHedgingPolicy, GrpcRetryPolicy } from './retries/grpc-retry-policy.ts';
import type { GrpcRetryThrottleOptions } from './retries/grpc-retry-throttle.ts';

/** What {@link grpcServiceConfig} makes: options of `grpcClient`. */
export interface GrpcServiceConfigOptions extends GrpcMethodOptions {
  /** Throttle of retries and hedges, if the configuration has one. */
  readonly retryThrottle?: GrpcRetryThrottleOptions;
}

/**
 * Reads a gRPC service config, as other implementations take it, into options of `grpcClient`.
 *
 * @remarks
 * Source: service_config.proto of grpc/grpc-proto, in its JSON form. Of `methodConfig`: `name` (the most exact one counts), `waitForReady`,
 * `timeout`, `retryPolicy`, `hedgingPolicy`; and `retryThrottling`. More than 5 attempts are 5, as gRFC A6 asks. Everything else, such as
 * `loadBalancingConfig`, says something about channels, and is not looked at.
 *
 * @param config - The parsed JSON.
 * @throws UsageError if a part that is looked at is malformed.
 *
 * @example
 * const options = grpcServiceConfig({
 *   methodConfig: [
 *     {
 *       name: [{ service: 'chat.v1.Chat' }],
 *       timeout: '1.5s',
 *       retryPolicy: {
 *         maxAttempts: 3,
 *         initialBackoff: '0.1s',
 *         maxBackoff: '1s',
 *         backoffMultiplier: 2,
 *         retryableStatusCodes: ['UNAVAILABLE'],
 *       },
 *     },
 *   ],
 *   retryThrottling: { maxTokens: 10, tokenRatio: 0.1 },
 * });
 * options.retryThrottle; // { maxTokens: 10, tokenRatio: 0.1 }
 */
export function grpcServiceConfig(config: unknown): GrpcServiceConfigOptions {
  const { methodConfig = [], retryThrottling } = objectOf('the service config', config);
  const byName = new Map<string, MethodConfig>();
  for (const entry of listOf('methodConfig', methodConfig)) {
    const method = methodConfigOf(objectOf('methodConfig', entry));
    for (const name of namesOf(objectOf('methodConfig', entry))) {
      if (byName.has(name)) throw new UsageError(`two entries of methodConfig are for ${JSON.stringify(name)}`);
      byName.set(name, method);
    }
  }
  const found = ({ service, path }: GrpcMethod): MethodConfig | undefined =>
    byName.get(path) ?? byName.get(`/${service}/`) ?? byName.get('');
  return {
    retry: (method) => found(method)?.retry,
    hedging: (method) => found(method)?.hedging,
    waitForReady: (method) => found(method)?.waitForReady,
    defaultTimeoutMs: (method) => found(method)?.timeoutMs,
    ...(retryThrottling === undefined
      ? {}
      : { retryThrottle: throttleOf(objectOf('retryThrottling', retryThrottling)) }),
  };
}

interface MethodConfig {
  readonly retry: GrpcRetryPolicy | undefined;
  readonly hedging: GrpcHedgingPolicy | undefined;
  readonly waitForReady: boolean | undefined;
  readonly timeoutMs: number | undefined;
}

type Json = Readonly<Record<string, unknown>>;

function methodConfigOf({ waitForReady, timeout, retryPolicy, hedgingPolicy }: Json): MethodConfig {
  if (waitForReady !== undefined && typeof waitForReady !== 'boolean') {
    throw new UsageError(`waitForReady must be true or false, got ${JSON.stringify(waitForReady)}`);
  }
  return {
    retry: retryPolicy === undefined ? undefined : retryOf(objectOf('retryPolicy', retryPolicy)),
    hedging: hedgingPolicy === undefined ? undefined : hedgingOf(objectOf('hedgingPolicy', hedgingPolicy)),
    waitForReady,
    timeoutMs: timeout === undefined ? undefined : durationMs('timeout', timeout),
  };
}

/** Paths of methods, `/service/` for all methods of one, `''` for all. */
function namesOf({ name = [] }: Json): string[] {
  return listOf('name', name).map((entry) => {
    const { service = '', method = '' } = objectOf('name', entry);
    if (typeof service !== 'string' || typeof method !== 'string' || (service === '' && method !== '')) {
      throw new UsageError('name of methodConfig must have service and method, or service, or neither');
    }
    return service === '' ? '' : `/${service}/${method}`;
  });
}

function retryOf(policy: Json): GrpcRetryPolicy {
  return {
    maxAttempts: attemptsOf(policy),
    initialBackoffMs: durationMs('initialBackoff', policy['initialBackoff']),
    maxBackoffMs: durationMs('maxBackoff', policy['maxBackoff']),
    backoffMultiplier: numberOf('backoffMultiplier', policy['backoffMultiplier']),
    retryableStatuses: statusesOf('retryableStatusCodes', policy['retryableStatusCodes']),
  };
}

function hedgingOf(policy: Json): GrpcHedgingPolicy {
  return {
    maxAttempts: attemptsOf(policy),
    hedgingDelayMs: durationMs('hedgingDelay', policy['hedgingDelay'] ?? '0s'),
    nonFatalStatuses: statusesOf('nonFatalStatusCodes', policy['nonFatalStatusCodes'] ?? []),
  };
}

function throttleOf(throttling: Json): GrpcRetryThrottleOptions {
  return {
    maxTokens: numberOf('maxTokens', throttling['maxTokens']),
    tokenRatio: numberOf('tokenRatio', throttling['tokenRatio']),
  };
}

function attemptsOf(policy: Json): number {
  return Math.min(MAX_ATTEMPTS, numberOf('maxAttempts', policy['maxAttempts']));
}

/** By name, in any case, or by number. */
function statusesOf(name: string, value: unknown): number[] {
  return listOf(name, value).map((entry) => {
    if (typeof entry === 'number') return entry;
    const status = typeof entry === 'string' ? STATUSES.get(entry.toUpperCase()) : undefined;
    if (status === undefined) throw new UsageError(`${name} has ${JSON.stringify(entry)}, which is no status`);
    return status;
  });
}

/** A duration in the JSON form of Protobuf, such as `1.5s`. @returns Milliseconds. */
function durationMs(name: string, value: unknown): number {
  const seconds = typeof value === 'string' ? DURATION.exec(value)?.[1] : undefined;
  if (seconds === undefined) throw new UsageError(`${name} must be such as "1.5s", got ${JSON.stringify(value)}`);
  return Number(seconds) * 1_000;
}

function numberOf(name: string, value: unknown): number {
  if (typeof value !== 'number') throw new UsageError(`${name} must be a number, got ${JSON.stringify(value)}`);
  return value;
}

function objectOf(name: string, value: unknown): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UsageError(`${name} must be an object`);
  }
  return value as Json; // an object of JSON
}

function listOf(name: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new UsageError(`${name} must be a list`);
  return value;
}

const MAX_ATTEMPTS = 5;
const DURATION = /^([0-9]+(?:\.[0-9]{1,9})?)s$/;
const STATUSES: ReadonlyMap<string, number> = new Map(Object.entries(GrpcStatus));
