import { AttemptNumber, retryLayer, timeoutLayer } from '@lamella/layers';
import type { ScopedLayer, Service, ServiceInput } from '@lamella/service-core';
import { serviceFn, serviceInput, stack } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';

const clock = new FakeClock();
const retry = () => retryLayer({ policy: { decide: ({ outcome }) => (outcome === 'error' ? {} : undefined) }, clock });
const timeout = (): ScopedLayer => timeoutLayer({ timeoutMs: 1_000, clock });
const hangsOnce = serviceFn((input: ServiceInput<string>) =>
  input.extensions.get(AttemptNumber) === 1 ? new Promise<string>(() => {}) : `hello ${input.value}`,
);

console.log('timeout outside:', await outcome(stack(timeout(), retry(), hangsOnce)));
console.log('timeout inside: ', await outcome(stack(retry(), timeout(), hangsOnce)));

async function outcome(service: Service<ServiceInput<string>, string>): Promise<string> {
  const output = service.serve(serviceInput('ann')).catch((error: Error) => error.message);
  await clock.advanceAsync(5_000);
  return output;
}
