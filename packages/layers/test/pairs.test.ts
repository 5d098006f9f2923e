import { getEventListeners } from 'node:events';
import type { Clock, ExtensionKey } from '@lamella/service-core';
import { extensionKey, matcherFn, serviceFn, serviceInput } from '@lamella/service-core';
import type { LayerSubject } from '@lamella/service-core/testing';
import { FakeClock, layerCases, mockService, settle, type TestInput, TestMark } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import {
  addExtensionLayer,
  catchLayer,
  concurrencyLimitLayer,
  deriveExtensionLayer,
  hijackLayer,
  mapErrorLayer,
  mapInputLayer,
  mapOutputLayer,
  timeoutLayer,
  traceLayer,
} from '../src/index.ts';

type Input = TestInput<string>;

const OtherMark: ExtensionKey<string, 'request'> = extensionKey('layers-test/other-mark', { scope: 'request' });

/** Every layer in a form that has nothing to say. */
const makers: Readonly<Record<string, (clock: Clock) => LayerSubject>> = {
  timeout: (clock) => timeoutLayer({ timeoutMs: 250, clock }),
  'concurrency limit': (clock) => concurrencyLimitLayer({ maxConcurrent: 2, clock }),
  'concurrency limit, taken': (clock) => takenLimit(clock),
  'map input': () => mapInputLayer((input: Input) => input),
  'map input, forked': () => mapInputLayer((input: Input) => input.fork({})),
  'map output': () => mapOutputLayer((output: string) => output),
  'map error': () => mapErrorLayer((error) => error),
  'hijack, no match': () => hijackLayer(never, unreachable),
  'hijack, match': () => (inner) => hijackLayer(always, inner)(unreachable),
  'add extension': () => addExtensionLayer(OtherMark, 'added'),
  'derive extension': () => deriveExtensionLayer(TestMark, (input: Input) => input.extensions.get(TestMark)),
  catch: () =>
    catchLayer((error) => {
      throw error;
    }),
  trace: (clock) => traceLayer({ onStart() {}, onEnd() {}, clock }),
  'trace, start only': (clock) => traceLayer({ onStart() {}, clock }),
};

const pairs = Object.keys(makers).flatMap((outer) => Object.keys(makers).map((inner) => [outer, inner] as const));

describe.each(pairs)('%s around %s', (outerName, innerName) => {
  it.each(layerCases)('$name', async ({ run }) => {
    const { clock, subject } = setup(outerName, innerName);
    await run(subject);
    await settle(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it.each(['respond', 'reject', 'abort'] as const)('leaves no timer and no listener behind after: %s', async (end) => {
    const { clock, subject } = setup(outerName, innerName);
    const controller = new AbortController();
    const inner = mockService<Input, string>();
    const output = subject(inner).serve(serviceInput('ping', { signal: controller.signal }));
    const call = await inner.nextCall();

    if (end === 'respond') call.respond('pong');
    else if (end === 'abort') controller.abort('enough');
    call.reject('enough');
    const [result] = await Promise.allSettled([output]);
    expect(result).toEqual(
      end === 'respond' ? { status: 'fulfilled', value: 'pong' } : { status: 'rejected', reason: 'enough' },
    );
    await settle(1);
    expect(clock.pendingTimers).toBe(0);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });
});

function setup(outerName: string, innerName: string) {
  const clock = new FakeClock();
  const outer = makers[outerName];
  const inner = makers[innerName];
  if (outer === undefined || inner === undefined) throw new Error(`no layer ${outerName} or ${innerName}`);
  const outerLayer = outer(clock);
  const innerLayer = inner(clock);
  const subject: LayerSubject = (service) => outerLayer(innerLayer(service));
  return { clock, subject };
}

/** A limit whose slots are taken when the call comes, and free one turn later: the call goes through the queue. */
function takenLimit(clock: Clock): LayerSubject {
  return (inner) => {
    const limit = concurrencyLimitLayer({ maxConcurrent: 2, clock });
    const service = limit(inner);
    return {
      serve(input) {
        while (limit.active < 2) void limit(brief).serve(serviceInput(undefined));
        return service.serve(input);
      },
    };
  };
}

const brief = serviceFn(async () => {});
const always = matcherFn((_input: Input) => true);
const never = matcherFn((_input: Input) => false);
const unreachable = serviceFn((_input: Input): string => {
  throw new Error('must not be called');
});
