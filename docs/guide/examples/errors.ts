import { timeoutLayer } from '@lamella/layers';
import type { ServiceInput } from '@lamella/service-core';
import { isLamellaError, serviceFn, serviceInput, stack } from '@lamella/service-core';

const service = stack(
  timeoutLayer({ timeoutMs: 20 }),
  serviceFn(({ signal }: ServiceInput<string>) => until(signal)),
);

// A failure of ours has a code, and facts.
try {
  await service.serve(serviceInput('ping'));
} catch (error) {
  if (isLamellaError(error)) console.log(error.code, '-', error.message);
}

// A cancellation is no failure: the caller gets its own reason back, the same object.
const controller = new AbortController();
const output = service.serve(serviceInput('ping', { signal: controller.signal }));
const reason = new Error('the user has left');
controller.abort(reason);
console.log(await output.catch((error) => error === reason));

function until(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
