import { AttemptNumber, exponentialBackoff, retryBudget, retryLayer } from '@lamella/layers';
import type { ServiceInput } from '@lamella/service-core';
import { ClosedError, isLamellaError, serviceFn, serviceInput, stack } from '@lamella/service-core';

const service = stack(
  retryLayer({
    policy: { decide: (result) => (result.outcome === 'error' && isLamellaError(result.error) ? {} : undefined) },
    maxAttempts: 3,
    backoff: exponentialBackoff({ minDelayMs: 5, maxDelayMs: 50 }),
    budget: retryBudget({ ratio: 0.2, minRetriesPerSecond: 10 }),
    onRetry: ({ result }) => console.log(`attempt ${result.attempt} failed`),
  }),
  serviceFn((input: ServiceInput<string>) => {
    const attempt = input.extensions.get(AttemptNumber) ?? 0;
    if (attempt < Number(input.value)) throw new ClosedError('the connection was closed');
    return `answered by attempt ${attempt}`;
  }),
);

console.log(await service.serve(serviceInput('2')));
console.log(await service.serve(serviceInput('4')).catch((error: Error) => error.message));
