import { isLamellaError } from '@lamella/service-core';
import type { ResolvedAddresses } from '../connection/resolver.ts';

/** What a lookup brought: addresses, or the error that says that there are none. */
export type Answer =
  | { readonly type: 'found'; readonly addresses: ResolvedAddresses }
  | { readonly type: 'missing' | 'failed'; readonly error: unknown };

/** How long answers are kept, in milliseconds. */
export interface AnswerTimes {
  readonly minTtlMs: number;
  readonly maxTtlMs: number;
  readonly defaultTtlMs: number;
  readonly negativeTtlMs: number;
  readonly failureTtlMs: number;
}

/** The answer that a rejection of a resolver is: the name does not exist, or nobody knows. */
export function rejectedAnswer(error: unknown): Answer {
  const isMissing = isLamellaError(error) && error.code === 'LML_ERR_CONNECT_NAME_NOT_FOUND';
  return { type: isMissing ? 'missing' : 'failed', error };
}

/** For how long an answer may be given again, in milliseconds. */
export function ttlOf(answer: Answer, times: AnswerTimes): number {
  if (answer.type !== 'found') return answer.type === 'failed' ? times.failureTtlMs : times.negativeTtlMs;
  const { addresses } = answer;
  if (addresses.length === 0) return Math.min(addresses.ttlMs ?? Number.POSITIVE_INFINITY, times.negativeTtlMs);
  return Math.min(Math.max(addresses.ttlMs ?? times.defaultTtlMs, times.minTtlMs), times.maxTtlMs);
}
