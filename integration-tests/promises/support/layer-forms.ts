import {
  abortableLayer,
  addExtensionLayer,
  catchLayer,
  circuitBreakerLayer,
  concurrencyLimitLayer,
  countInputLayer,
  deriveExtensionLayer,
  eitherLayer,
  eitherService,
  hedgeLayer,
  hijackLayer,
  loadShedLayer,
  mapErrorLayer,
  mapInputLayer,
  mapOutputLayer,
  memoryRateLimitStore,
  noopLayer,
  optionalLayer,
  RequestAborter,
  rateLimitLayer,
  retryLayer,
  shadowLayer,
  singleFlightLayer,
  timeoutLayer,
  traceLayer,
} from '@lamella/layers';
import type { Clock, ExtensionKey } from '@lamella/service-core';
import { extensionKey, matcherFn, serviceFn, serviceInput } from '@lamella/service-core';
import type { LayerSubject, TestInput } from '@lamella/service-core/testing';

type Input = TestInput<string>;

/** Every layer of `@lamella/layers`, in a form that has nothing to say about the call: each gives a new one. */
export const layerForms: Readonly<Record<string, (clock: Clock) => LayerSubject>> = {
  abortable: () => abortableLayer(RequestAborter),
  'add extension': () => addExtensionLayer(Mark, 'added'),
  catch: () =>
    catchLayer((error) => {
      throw error;
    }),
  'circuit breaker': (clock) => circuitBreakerLayer({ clock }),
  'concurrency limit': (clock) => concurrencyLimitLayer({ maxConcurrent: 2, clock }),
  'concurrency limit, by key, held for a while': (clock) =>
    concurrencyLimitLayer({ maxConcurrent: 2, key: ({ value }: Input) => value, onOutput: holdBriefly, clock }),
  'count input': () => countInputLayer(),
  'derive extension': () => deriveExtensionLayer(Mark, (input: Input) => input.value),
  'either layer': (clock) => eitherLayer(false, countInputLayer(), timeoutLayer({ timeoutMs: 700, clock })),
  'either service': () => (inner) => eitherService((_input: Input) => true, inner, unreachable),
  hedge: (clock) => hedgeLayer({ isSafe: () => true, delayMs: 300, percentile: 0.95, clock }),
  hijack: () => hijackLayer(never, unreachable),
  'load shed': (clock) => loadShedLayer({ maxConcurrent: 2, clock }),
  'map error': () => mapErrorLayer((error) => error),
  'map input': () => mapInputLayer((input: Input) => input.fork({})),
  'map output': () => mapOutputLayer((output: string) => output),
  // Nothing stands in between, so the service must not throw by itself.
  noop: () => (inner) => noopLayer()(serviceFn((input) => inner.serve(input))),
  optional: (clock) => optionalLayer(timeoutLayer({ timeoutMs: 800, clock })),
  'rate limit': (clock) => rateLimitLayer({ ratePerSecond: 100, key: ({ value }: Input) => value, clock }),
  'rate limit, on a store': (clock) =>
    rateLimitLayer({ store: memoryRateLimitStore({ ratePerSecond: 100, clock }), onLimit: 'wait', clock }),
  retry: (clock) => retryLayer({ policy: { decide: () => undefined }, clock }),
  'retry, prepared': (clock) =>
    retryLayer({ policy: { prepare: (input: Input) => input.fork({}), decide: () => undefined }, clock }),
  shadow: (clock) => shadowLayer({ service: echo, copy: (input: Input) => serviceInput(input.value), clock }),
  'single flight': () => singleFlightLayer({ key: ({ value }: Input) => value }),
  timeout: (clock) => timeoutLayer({ timeoutMs: 900, clock }),
  trace: (clock) => traceLayer({ onStart() {}, onEnd() {}, clock }),
};

function holdBriefly(output: string, release: () => void): string {
  setImmediate(release);
  return output;
}

const Mark: ExtensionKey<string, 'request'> = extensionKey('order-of-layers/mark', { scope: 'request' });
const never = matcherFn((_input: Input) => false);
const echo = serviceFn((input: Input) => input.value);
const unreachable = serviceFn((_input: Input): string => {
  throw new Error('must not be called');
});
