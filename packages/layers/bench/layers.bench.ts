// What each layer adds to a call, beside the same call without it. Not part of the test run:
// node --expose-gc --conditions=@lamella/source packages/layers/bench/layers.bench.ts [layer ...]
import type { ExtensionKey, ServiceInput } from '@lamella/service-core';
import { extensionKey, matcherFn, serviceFn, serviceInput, stack } from '@lamella/service-core';
import {
  abortableLayer,
  addExtensionLayer,
  catchLayer,
  circuitBreakerLayer,
  concurrencyLimitLayer,
  countInputLayer,
  deriveExtensionLayer,
  hedgeLayer,
  hijackLayer,
  loadShedLayer,
  mapErrorLayer,
  mapInputLayer,
  mapOutputLayer,
  noopLayer,
  RequestAborter,
  rateLimitLayer,
  retryLayer,
  shadowLayer,
  singleFlightLayer,
  timeoutLayer,
  traceLayer,
} from '../src/index.ts';

const CALLS = 200_000;
const ROUNDS = 15;
const WARM_UP_ROUNDS = 2;

type Input = ServiceInput<string>;

interface Subject {
  readonly serve: (input: Input) => Promise<string>;
}

const Mark: ExtensionKey<string, 'request'> = extensionKey('bench/mark', { scope: 'request' });
const app = serviceFn((input: Input) => input.value);
const never = matcherFn((input: Input) => input.value === 'never');
const nothing = (): void => {};

const subjects: Readonly<Record<string, Subject>> = {
  'no layer': app,
  'no layer, again': { serve: (input) => app.serve(input) },
  'bare async layer': { serve: async (input) => app.serve(input) },
  timeoutLayer: stack(timeoutLayer({ timeoutMs: 30_000 }), app),
  concurrencyLimitLayer: stack(concurrencyLimitLayer({ maxConcurrent: 100 }), app),
  mapInputLayer: stack(
    mapInputLayer((input: Input) => input),
    app,
  ),
  mapOutputLayer: stack(
    mapOutputLayer((output: string) => output),
    app,
  ),
  mapErrorLayer: stack(
    mapErrorLayer((error) => error),
    app,
  ),
  hijackLayer: stack(hijackLayer(never, app), app),
  addExtensionLayer: stack(addExtensionLayer(Mark, 'x'), app),
  deriveExtensionLayer: stack(
    deriveExtensionLayer(Mark, (input: Input) => input.value),
    app,
  ),
  catchLayer: stack(
    catchLayer(() => 'caught'),
    app,
  ),
  rateLimitLayer: stack(rateLimitLayer({ ratePerSecond: 1e9 }), app),
  'rateLimitLayer, key': stack(rateLimitLayer({ ratePerSecond: 1e9, key: (input: Input) => input.value }), app),
  circuitBreakerLayer: stack(circuitBreakerLayer(), app),
  retryLayer: stack(retryLayer({ policy: { decide: () => undefined } }), app),
  hedgeLayer: stack(hedgeLayer({ isSafe: () => true, delayMs: 5_000 }), app),
  singleFlightLayer: stack(singleFlightLayer({ key: (input: Input) => input.value }), app),
  loadShedLayer: stack(loadShedLayer({ maxConcurrent: 100 }), app),
  'shadowLayer, ratio 0': stack(shadowLayer({ service: app, copy: (input: Input) => input, ratio: 0 }), app),
  abortableLayer: stack(abortableLayer(RequestAborter), app),
  countInputLayer: stack(countInputLayer(), app),
  noopLayer: stack(noopLayer(), app),
  'traceLayer, onStart': stack(traceLayer({ onStart: nothing }), app),
  'traceLayer, both': stack(traceLayer({ onStart: nothing, onEnd: nothing }), app),
};

const wanted = process.argv.slice(2);
const names = Object.keys(subjects).filter(
  (name) => wanted.length === 0 || name.startsWith('no ') || wanted.includes(name),
);
const roundsByName = new Map<string, number[]>(names.map((name) => [name, []]));
for (let round = 0; round < ROUNDS + WARM_UP_ROUNDS; round++) {
  const order = round % 2 === 0 ? names : [...names].reverse();
  for (const name of order) {
    const subject = subjects[name];
    if (subject === undefined) continue;
    globalThis.gc?.();
    const microseconds = await measure(subject);
    if (round >= WARM_UP_ROUNDS) roundsByName.get(name)?.push(microseconds);
  }
}

const baseUs = median(roundsByName.get('no layer') ?? []);
console.log(`${'layer'.padEnd(24)}  us/call   added     min     max  (added, of ${ROUNDS} rounds)`);
for (const [name, rounds] of roundsByName) {
  const columns = [median(rounds), median(rounds) - baseUs, Math.min(...rounds) - baseUs, Math.max(...rounds) - baseUs];
  console.log(`${name.padEnd(24)} ${columns.map((value) => value.toFixed(3).padStart(7)).join(' ')}`);
}

async function measure(subject: Subject): Promise<number> {
  const startMs = performance.now();
  for (let call = 0; call < CALLS; call++) {
    const output = await subject.serve(serviceInput('ping'));
    if (output !== 'ping') throw new Error(`wrong output: ${output}`);
  }
  return ((performance.now() - startMs) * 1_000) / CALLS;
}

function median(values: readonly number[]): number {
  return values.toSorted((first, second) => first - second)[values.length >> 1] ?? Number.NaN;
}
