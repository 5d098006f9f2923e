import { concurrencyLimitLayer } from '@lamella/layers';
import type { ServiceInput } from '@lamella/service-core';
import { serviceFn, serviceInput, stack } from '@lamella/service-core';
import { retryOnceLayer } from './retry-once-layer.ts';

const service = stack(
  retryOnceLayer({ delayMs: 20 }),
  concurrencyLimitLayer({ maxConcurrent: 1, maxQueued: 0 }), // full? then a LimitError that is retryable
  serviceFn(({ value }: ServiceInput<string>) => value.toUpperCase()),
);

const names = ['ann', 'bob'];
console.log(await Promise.all(names.map((name) => service.serve(serviceInput(name)))));
