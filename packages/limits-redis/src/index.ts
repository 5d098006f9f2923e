export type { RedisLimitErrorCode } from './errors.ts';
export { RedisLimitError } from './errors.ts';
export type { IovalkeyClient, NodeRedisClient, RedisClient } from './redis-client.ts';
export type { RedisRateLimitStore, RedisRateLimitStoreOptions } from './redis-rate-limit-store.ts';
export { redisRateLimitStore } from './redis-rate-limit-store.ts';
