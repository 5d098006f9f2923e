import type { RateLimitDecision, RateLimitStore } from '@lamella/layers';
import { UsageError } from '@lamella/service-core';
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { RedisLimitError } from './errors.ts';
import type { RedisClient } from './redis-client.ts';
import { isIovalkeyClient, isRedisClient } from './redis-client.ts';

/** Options of {@link redisRateLimitStore}. */
export interface RedisRateLimitStoreOptions {
  /** A connected client, or one that will be: yours to open, to listen to for `'error'`, and to close. */
  readonly client: RedisClient;
  /** What a key may take in one window, an integer of at least 1. */
  readonly limit: number;
  /** How long a window is, in milliseconds, an integer from 1_000 to 2_592_000_000 (30 days). */
  readonly windowMs: number;
  /** In front of every key in Redis; not empty. Limits with another rule need another one. Default `'lamella:rate'`. */
  readonly keyPrefix?: string;
  /** Most commands that wait for an answer, an integer of at least 1 or `Infinity`; more fail at once. Default 1_000. */
  readonly maxPending?: number;
}

/** The store that {@link redisRateLimitStore} makes. */
export interface RedisRateLimitStore extends RateLimitStore {
  /** Commands that wait for an answer now, from 0 to `maxPending`. */
  readonly pending: number;
}

/**
 * Keeps a rate limit in Redis or Valkey, for all processes that use the same server and the same prefix.
 *
 * @remarks
 * Counts in fixed windows: the first call of a key opens a window of `windowMs`, in which it may take `limit`; then its
 * key is gone, and the next call opens another. So around the end of a window up to twice the limit may pass in a
 * short time; halve `windowMs` and `limit` where that matters. A call that is refused takes nothing. A cost is rounded up
 * to a whole number. One command for each call.
 *
 * Nothing waits for a connection: while the client is not ready, `take` rejects at once, and the first call after it has
 * connected again is counted again. A server that is slow is up to `storeTimeoutMs` of `rateLimitLayer`; as many as
 * `maxPending` commands may then wait in the client. A server that lost its data starts with new windows.
 *
 * The commands are those of the package `rate-limiter-flexible`, with a script that counts only what it allows. A
 * client of `iovalkey` gets the command `rlflxIncr`; don't share it with limiters of that package which are not from here.
 *
 * @returns A store for `rateLimitLayer`. Holds no resource of its own.
 * @throws UsageError `LML_ERR_USAGE` when an option is out of range. `take` rejects with {@link RedisLimitError}.
 *
 * @example
 * async function limited(client: RedisClient): Promise<PolyLayer> {
 *   const store = redisRateLimitStore({ client, limit: 100, windowMs: 60_000 });
 *   const { allowed, retryAfterMs } = await store.take('ann', 1);
 *   if (!allowed) console.log(`again in ${retryAfterMs} ms`);
 *   return (inner) => inner;
 * }
 *
 * @public
 */
export function redisRateLimitStore(options: RedisRateLimitStoreOptions): RedisRateLimitStore {
  const { client, limit, windowMs, keyPrefix = 'lamella:rate', maxPending = 1_000 } = options;
  if (!isRedisClient(client)) throw new UsageError('client must be a client of redis, iovalkey or ioredis');
  requireInteger('limit', limit, 1, Number.MAX_SAFE_INTEGER);
  requireInteger('windowMs', windowMs, 1_000, MAX_WINDOW_MS);
  if (maxPending !== Number.POSITIVE_INFINITY) requireInteger('maxPending', maxPending, 1, Number.MAX_SAFE_INTEGER);
  if (typeof keyPrefix !== 'string' || keyPrefix === '') throw new UsageError('keyPrefix must not be empty');

  const limiter = new RateLimiterRedis({
    storeClient: client,
    points: limit,
    duration: windowMs / 1_000,
    keyPrefix,
    rejectIfRedisNotReady: true, // else the client keeps what it can't send, and counts it when it is too late
    useRedisPackage: !isIovalkeyClient(client),
    customIncrTtlLuaScript: TAKE_IF_ALLOWED,
  });
  let pending = 0;

  return {
    rule: { ratePerSecond: (limit * 1_000) / windowMs, burst: limit },
    get pending() {
      return pending;
    },
    async take(key, cost, signal) {
      signal?.throwIfAborted();
      const points = Math.ceil(cost);
      if (pending >= maxPending) {
        const message = `maxPending of ${maxPending} commands wait for an answer of redis`;
        throw new RedisLimitError('LML_ERR_LIMITS_REDIS_BUSY', message);
      }
      pending++;
      try {
        return toDecision(await limiter.consume(key, points), true, limit, points);
      } catch (reason) {
        if (reason instanceof RateLimiterRes) return toDecision(reason, false, limit, points);
        const message = `redis could not tell: ${reason instanceof Error ? reason.message : String(reason)}`;
        throw new RedisLimitError('LML_ERR_LIMITS_REDIS_UNAVAILABLE', message, { cause: reason });
      } finally {
        pending--;
      }
    },
  };
}

function toDecision(result: RateLimiterRes, allowed: boolean, limit: number, cost: number): RateLimitDecision {
  const windowMs = Math.max(0, result.msBeforeNext);
  // The script says of a refused call what it would have come to.
  const remaining = Math.max(0, limit - result.consumedPoints + (allowed ? 0 : cost));
  if (allowed) return { allowed, remaining, retryAfterMs: 0, resetMs: windowMs };
  const retryAfterMs = cost > limit ? Number.POSITIVE_INFINITY : Math.max(1, windowMs);
  return { allowed, remaining, retryAfterMs, resetMs: windowMs };
}

function requireInteger(name: string, value: number, minimum: number, maximum: number): void {
  if (Number.isInteger(value) && value >= minimum && value <= maximum) return;
  const range = maximum === Number.MAX_SAFE_INTEGER ? `>= ${minimum}` : `from ${minimum} to ${maximum}`;
  throw new UsageError(`${name} must be an integer ${range}, got ${value}`);
}

const MAX_WINDOW_MS = 30 * 24 * 3_600 * 1_000;

/**
 * Arguments: cost, window in whole seconds, limit, window in seconds. Gives what the key has taken, or would have if that
 * is over the limit, and how long its window still lasts. A key without an end, such as one that an operator made, gets one.
 */
const TAKE_IF_ALLOWED = `
local taken = tonumber(redis.call('get', KEYS[1]) or '0') + tonumber(ARGV[1])
local windowMs = math.floor(tonumber(ARGV[4]) * 1000 + 0.5)
if taken <= tonumber(ARGV[3]) then redis.call('incrby', KEYS[1], ARGV[1]) end
local restMs = redis.call('pttl', KEYS[1])
if restMs == -1 then
  redis.call('pexpire', KEYS[1], windowMs)
  restMs = windowMs
end
return {taken, restMs}
`;
