import type { ExtensionKey } from '@lamella/service-core';
import { extensionKey, UsageError } from '@lamella/service-core';
import type { GrpcEncoding } from '../codec/grpc-encoding.ts';
import { isGrpcEncoding } from '../codec/grpc-encoding.ts';
import type { GrpcCallOptions } from './call-options.ts';
import type { CheckedHedgingPolicy, CheckedRetryPolicy } from './retries/grpc-retry-policy.ts';
import { checkedHedgingPolicy, checkedRetryPolicy } from './retries/grpc-retry-policy.ts';

/** How calls of a method are made; and of a call, what it wants otherwise. */
export interface CallSettings {
  readonly retry: CheckedRetryPolicy | false | undefined;
  readonly hedging: CheckedHedgingPolicy | false | undefined;
  readonly waitForReady: boolean | undefined;
  readonly encoding: GrpcEncoding | undefined;
  readonly compresses: ((message: unknown) => boolean) | undefined;
}

/** What a call wants otherwise than its client, through all layers to where it is sent. */
export const OwnCallSettings: ExtensionKey<CallSettings, 'request'> = extensionKey('grpc/call-settings', {
  scope: 'request',
});

/** What a call wants otherwise. @returns `undefined` if nothing. @throws UsageError if an option is out of its range. */
export function ownCallSettings(options: GrpcCallOptions, random: () => number): CallSettings | undefined {
  const { retry, hedging, waitForReady, encoding, compress } = options;
  if (retry === undefined && hedging === undefined && waitForReady === undefined) {
    if (encoding === undefined && compress === undefined) return undefined;
  }
  if (encoding !== undefined && !isGrpcEncoding(encoding)) {
    throw new UsageError(`encoding must be identity, gzip or deflate, got ${encoding}`);
  }
  return {
    ...checkedPolicies(retry, hedging, random),
    waitForReady,
    encoding,
    compresses: typeof compress === 'boolean' ? () => compress : compress,
  };
}

/** Checks the policies of a method or of a call. @throws UsageError if an option is out of its range, or both are given. */
export function checkedPolicies(
  retry: GrpcCallOptions['retry'],
  hedging: GrpcCallOptions['hedging'],
  random: () => number,
): Pick<CallSettings, 'retry' | 'hedging'> {
  if (retry && hedging) throw new UsageError('a call is either retried or hedged, not both');
  return {
    retry: retry && checkedRetryPolicy(retry, random),
    hedging: hedging && checkedHedgingPolicy(hedging),
  };
}
