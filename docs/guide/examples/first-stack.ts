import { catchLayer, timeoutLayer } from '@lamella/layers';
import type { ServiceInput } from '@lamella/service-core';
import { serviceFn, serviceInput, stack } from '@lamella/service-core';

const lookup = serviceFn(async ({ value, signal }: ServiceInput<string>) => {
  if (value === 'slow') await never(signal);
  return `192.0.2.${value.length}`;
});

const service = stack(
  catchLayer((error) => `no answer: ${error instanceof Error ? error.message : error}`), // outermost
  timeoutLayer({ timeoutMs: 50 }),
  lookup, // innermost
);

console.log(await service.serve(serviceInput('ann')));
console.log(await service.serve(serviceInput('slow')));

/** Waits until it is told to stop. */
function never(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
