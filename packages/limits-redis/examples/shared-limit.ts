import { rateLimitLayer } from '@lamella/layers';
import { redisRateLimitStore } from '@lamella/limits-redis';
import type { ServiceInput } from '@lamella/service-core';
import { serviceFn, serviceInput, stack } from '@lamella/service-core';
import { createClient } from 'redis';

const client = createClient({ url: process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379' });
client.on('error', (error) => console.error(error)); // the client is yours: it connects, and comes back, by itself
if (process.env['REDIS_URL'] !== undefined) await client.connect();

const store = redisRateLimitStore({ client, limit: 100, windowMs: 60_000, keyPrefix: 'example:greetings' });
const limit = rateLimitLayer({ store, key: (input: ServiceInput<string>) => input.value, onStoreError: 'allow' });
const service = stack(
  limit,
  serviceFn((input: ServiceInput<string>) => `hello ${input.value}`),
);

console.log(await service.serve(serviceInput('ann')));
console.log(`answered without knowing the limit: ${limit.storeFailures}`);
if (client.isOpen) client.destroy();
