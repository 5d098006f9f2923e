import { catchLayer, concurrencyLimitLayer, mapOutputLayer, timeoutLayer, traceLayer } from '@lamella/layers';
import type { ServiceInput } from '@lamella/service-core';
import { serviceFn, serviceInput, stack } from '@lamella/service-core';

const limit = concurrencyLimitLayer({ maxConcurrent: 2, maxQueued: 1, queueTimeoutMs: 2_000 });

const service = stack(
  catchLayer((error) => `no answer (${error instanceof Error ? error.message : error})`),
  traceLayer({
    onEnd: ({ input, outcome }: { readonly input: ServiceInput<string>; readonly outcome: string }) =>
      console.log(`${input.value}: ${outcome}`),
  }),
  limit, // outside of the time limit: the 300 ms count from the moment at which a call has its slot
  timeoutLayer({ timeoutMs: 300 }),
  mapOutputLayer((address: string) => `found at ${address}`),
  serviceFn(async (input: ServiceInput<string>) => {
    await delay(input.value === 'slow' ? 1_000 : 10, input.signal);
    return `192.0.2.${input.value.length}`;
  }),
);

const names = ['ann', 'slow', 'carol', 'too many'];
const answers = Promise.all(names.map((name) => service.serve(serviceInput(name))));
console.log(`under way: ${limit.active}, waiting: ${limit.queued}`);
console.log(await answers);

function delay(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, delayMs);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
