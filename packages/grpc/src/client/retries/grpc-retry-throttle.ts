import { UsageError } from '@lamella/service-core';

/** Options of {@link grpcRetryThrottle}. */
export interface GrpcRetryThrottleOptions {
  /** Tokens at first and at most, greater than 0, at most 1_000: retries end when half of them or fewer are left. Default 10. */
  readonly maxTokens?: number;
  /** Tokens that a call brings which succeeds, at least 0.001; one that fails takes one. Default 0.1. */
  readonly tokenRatio?: number;
}

/** Says whether there may be another attempt, by how calls have ended of late. Made by {@link grpcRetryThrottle}. */
export interface GrpcRetryThrottle {
  /** Tokens that are left. */
  readonly tokens: number;
  /** Whether there may be another attempt. */
  readonly allowsRetry: boolean;
  /** An attempt has failed with a status that is worth another one, or the server wants no more. */
  readonly noteFailure: () => void;
  /** An attempt was answered. */
  readonly noteSuccess: () => void;
}

/**
 * Keeps retries and hedges from multiplying the load of a server that fails.
 *
 * @remarks
 * Source: gRFC A6, "Throttling Retry Attempts and Hedged RPCs". With the defaults, five failures in a row end all retries, and of ten
 * calls one may fail for good without ending them. One throttle belongs to one server: share it among the clients that call it.
 *
 * @throws UsageError if an option is out of its range.
 *
 * @example
 * const throttle = grpcRetryThrottle({ maxTokens: 2, tokenRatio: 0.5 });
 * throttle.noteFailure();
 * throttle.allowsRetry; // false: one token is left, and that is not more than half
 */
export function grpcRetryThrottle(options: GrpcRetryThrottleOptions = {}): GrpcRetryThrottle {
  const { maxTokens = 10, tokenRatio = 0.1 } = options;
  if (!(maxTokens > 0 && maxTokens <= 1_000))
    throw new UsageError(`maxTokens must be > 0 and <= 1000, got ${maxTokens}`);
  // In thousandths, as other implementations count them: a sum of tenths is no whole number else.
  const max = Math.round(maxTokens * 1_000);
  const gain = Math.floor(tokenRatio * 1_000);
  if (!(gain > 0)) throw new UsageError(`tokenRatio must be >= 0.001, got ${tokenRatio}`);
  let left = max;
  return {
    get tokens() {
      return left / 1_000;
    },
    get allowsRetry() {
      return left > max / 2;
    },
    noteFailure() {
      left = Math.max(0, left - 1_000);
    },
    noteSuccess() {
      left = Math.min(max, left + gain);
    },
  };
}
