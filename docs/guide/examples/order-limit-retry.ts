import { rateLimitLayer, retryLayer } from '@lamella/layers';
import type { Service, ServiceInput } from '@lamella/service-core';
import { serviceFn, serviceInput, stack } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';

const clock = new FakeClock();
const retry = () => retryLayer({ policy: { decide: ({ outcome }) => (outcome === 'error' ? {} : undefined) }, clock });
const limit = () => rateLimitLayer({ limit: 4, windowMs: 60_000, clock });

let calls = 0;
const failing = serviceFn((_input: ServiceInput<string>): string => {
  calls += 1;
  throw new Error('not now');
});

console.log('limit outside:', await callsOfFour(stack(limit(), retry(), failing)));
console.log('limit inside: ', await callsOfFour(stack(retry(), limit(), failing)));

/** How often the service is called when four callers come. */
async function callsOfFour(service: Service<ServiceInput<string>, string>): Promise<number> {
  calls = 0;
  const outputs = [1, 2, 3, 4].map(() => service.serve(serviceInput('ping')));
  const ended = Promise.allSettled(outputs);
  await clock.advanceAsync(5_000);
  await ended;
  return calls;
}
