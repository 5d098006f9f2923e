import { describe, expect, it } from 'vitest';
import { GrpcStatus } from '../codec/grpc-status.ts';
import { defineService } from '../methods/define-service.ts';
import { bytesCodec } from '../methods/grpc-codec.ts';
import { grpcServiceConfig } from './grpc-service-config.ts';
import { settingsOfMethods } from './method-settings.ts';

const BYTES = { type: 'unary', request: bytesCodec, response: bytesCodec } as const;
const { methods } = defineService('chat.v1.Chat', { say: BYTES, list: BYTES });
const OTHER = defineService('other.v1.Other', { any: BYTES }).methods.any;

const RETRY = {
  maxAttempts: 7,
  initialBackoff: '0.1s',
  maxBackoff: '1s',
  backoffMultiplier: 1.5,
  retryableStatusCodes: ['UNAVAILABLE', 'aborted', 8],
};

describe('grpcServiceConfig', () => {
  it('finds the most exact name for each method', () => {
    const options = grpcServiceConfig({
      loadBalancingConfig: [{ round_robin: {} }],
      methodConfig: [
        { name: [{}], timeout: '9s' },
        { name: [{ service: 'chat.v1.Chat' }], waitForReady: true, timeout: '1.5s', hedgingPolicy: { maxAttempts: 3 } },
        { name: [{ service: 'chat.v1.Chat', method: 'Say' }], retryPolicy: RETRY },
      ],
      retryThrottling: { maxTokens: 10, tokenRatio: 0.1 },
    });
    const { retry, hedging, waitForReady, defaultTimeoutMs, retryThrottle } = options;
    const ask = (option: unknown, method: object): unknown => (option as (method: object) => unknown)(method);
    expect(ask(retry, methods.say)).toEqual({
      maxAttempts: 5,
      initialBackoffMs: 100,
      maxBackoffMs: 1_000,
      backoffMultiplier: 1.5,
      retryableStatuses: [GrpcStatus.UNAVAILABLE, GrpcStatus.ABORTED, GrpcStatus.RESOURCE_EXHAUSTED],
    });
    expect(ask(hedging, methods.list)).toEqual({ maxAttempts: 3, hedgingDelayMs: 0, nonFatalStatuses: [] });
    expect([ask(waitForReady, methods.list), ask(waitForReady, methods.say)]).toEqual([true, undefined]);
    expect([methods.say, methods.list, OTHER].map((method) => ask(defaultTimeoutMs, method))).toEqual([
      undefined,
      1_500,
      9_000,
    ]);
    expect(retryThrottle).toEqual({ maxTokens: 10, tokenRatio: 0.1 });
    const all = settingsOfMethods([methods.say, methods.list, OTHER], options, Math.random);
    expect(all.get(methods.say)?.retry).toMatchObject({ maxAttempts: 5 });
  });

  it('says nothing where there is nothing', () => {
    expect(grpcServiceConfig({})).not.toHaveProperty('retryThrottle');
  });

  it.each<[unknown, string]>([
    [null, 'the service config must be an object'],
    [{ methodConfig: {} }, 'methodConfig must be a list'],
    [{ methodConfig: [{ name: [{ method: 'Say' }] }] }, 'name of methodConfig must have service and method'],
    [{ methodConfig: [{ name: [{}, {}] }] }, 'two entries of methodConfig are for ""'],
    [{ methodConfig: [{ timeout: '1m' }] }, 'timeout must be such as "1.5s", got "1m"'],
    [{ methodConfig: [{ waitForReady: 1 }] }, 'waitForReady must be true or false, got 1'],
    [{ methodConfig: [{ retryPolicy: { ...RETRY, maxAttempts: '3' } }] }, 'maxAttempts must be a number, got "3"'],
    [{ methodConfig: [{ retryPolicy: { ...RETRY, retryableStatusCodes: ['NO'] } }] }, 'which is no status'],
    [{ retryThrottling: [] }, 'retryThrottling must be an object'],
  ])('refuses %j', (config, message) => {
    const refusal = expect.objectContaining({ code: 'LML_ERR_USAGE', message: expect.stringContaining(message) });
    expect(() => grpcServiceConfig(config)).toThrow(refusal);
  });
});
