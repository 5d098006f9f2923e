import { LamellaError } from '@lamella/service-core';

/** Every `code` of a {@link RedisLimitError}. */
export type RedisLimitErrorCode = 'LML_ERR_LIMITS_REDIS_UNAVAILABLE' | 'LML_ERR_LIMITS_REDIS_BUSY';

/** The state of a limit could not be had from Redis; `rateLimitLayer` then does what `onStoreError` says. */
export class RedisLimitError extends LamellaError {
  static {
    RedisLimitError.prototype.name = 'RedisLimitError';
  }

  /** `UNAVAILABLE`: not connected, or an error of Redis, the `cause`. `BUSY`: too many commands wait for an answer. */
  readonly code: RedisLimitErrorCode;

  constructor(code: RedisLimitErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, { ...options, facts: { layer: 'limits-redis', retryable: true } });
    this.code = code;
  }
}
