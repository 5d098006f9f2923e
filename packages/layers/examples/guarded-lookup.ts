// A slow service behind a stack of guards: a fallback, a trace, bounded concurrency and a time limit.
// node --conditions=@lamella/source packages/layers/examples/guarded-lookup.ts

import { catchLayer, concurrencyLimitLayer, mapOutputLayer, timeoutLayer, traceLayer } from '@lamella/layers';
import type { ServiceInput } from '@lamella/service-core';
import { serviceFn, serviceInput, stack } from '@lamella/service-core';

const limit = concurrencyLimitLayer({ maxConcurrent: 2, maxQueued: 1, queueTimeoutMs: 500 });

const service = stack(
  catchLayer((error) => `no answer (${error instanceof Error ? error.message : error})`),
  traceLayer({
    onEnd: ({ input, outcome }: { readonly input: ServiceInput<string>; readonly outcome: string }) =>
      console.log(`${input.value}: ${outcome}`),
  }),
  limit, // outside of the time limit: the 100 ms count from the moment at which a call has its slot
  timeoutLayer({ timeoutMs: 100 }),
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
// under way: 2, waiting: 1
// too many: error
// ann: ok
// carol: ok
// slow: error
// [
//   'found at 192.0.2.3',
//   'no answer (timeoutMs of 100 ms reached)',
//   'found at 192.0.2.5',
//   'no answer (maxQueued is at most 1, got 2 in phase queue)'
// ]

function delay(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, delayMs);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
