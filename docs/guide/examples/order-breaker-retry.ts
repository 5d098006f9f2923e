import { circuitBreakerLayer, retryLayer } from '@lamella/layers';
import type { Service, ServiceInput } from '@lamella/service-core';
import { serviceFn, serviceInput, stack } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';

const clock = new FakeClock();
const retry = () => retryLayer({ policy: { decide: ({ outcome }) => (outcome === 'error' ? {} : undefined) }, clock });
const outside = circuitBreakerLayer({ maxConsecutiveFailures: 3, clock });
const inside = circuitBreakerLayer({ maxConsecutiveFailures: 3, clock });
const failing = serviceFn((_input: ServiceInput<string>): string => {
  throw new Error('not now');
});

await callOnce(stack(outside, retry(), failing));
console.log('breaker outside, after one call of three attempts:', outside.state);
await callOnce(stack(retry(), inside, failing));
console.log('breaker inside, after one call of three attempts: ', inside.state);

async function callOnce(service: Service<ServiceInput<string>, string>): Promise<void> {
  const ended = Promise.allSettled([service.serve(serviceInput('ping'))]);
  await clock.advanceAsync(900);
  await ended;
}
