import type { HttpRequest } from '@lamella/http';
import { AuthUser, RateLimitStatus } from '@lamella/http';
import type { RateLimitLayer } from '@lamella/layers';
import { rateLimitLayer } from '@lamella/layers';
import { redisRateLimitStore } from '@lamella/limits-redis';
import { createClient } from 'redis';
import { logRedis } from './log.ts';
import type { Settings } from './settings.ts';

/** A limit for each key of the API, and what it holds open. */
export interface OpenRateLimit extends Disposable {
  readonly layer: RateLimitLayer<HttpRequest>;
  /** Whether the limit can be told now: always, if it is kept here. */
  readonly isWell: () => boolean;
}

/** Keeps the limit in Redis, for all gateways that use the same, or else in this process. */
export function openRateLimit(settings: Settings): OpenRateLimit {
  const { limit, windowMs, redisUrl, redisTimeoutMs: storeTimeoutMs, onStoreError } = settings;
  const common = {
    key: (request: HttpRequest) => request.extensions.get(AuthUser)?.name,
    onDecision: ({ input, decision }: Parameters<OnDecision>[0]) => {
      input.extensions.insert(RateLimitStatus, decision);
    },
  };
  if (redisUrl === undefined) {
    return { layer: rateLimitLayer({ ...common, limit, windowMs }), isWell: () => true, [Symbol.dispose]() {} };
  }
  const client = createClient({ url: redisUrl, socket: { reconnectStrategy: RECONNECT_MS } });
  client.on('error', (error: Error) => logRedis(error));
  // Redis may come later: until then onStoreError says what a request gets, so nobody waits for this.
  void client.connect().catch(logRedis);
  const store = redisRateLimitStore({ client, limit, windowMs, keyPrefix: 'lamella:api-gateway' });
  return {
    layer: rateLimitLayer({ ...common, store, storeTimeoutMs, onStoreError }),
    isWell: () => client.isReady || onStoreError === 'allow',
    [Symbol.dispose]: () => client.destroy(),
  };
}

type OnDecision = NonNullable<Parameters<typeof rateLimitLayer<HttpRequest>>[0]['onDecision']>;

const RECONNECT_MS = 500;
