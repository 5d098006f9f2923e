import { matcherFn, serviceFn } from '@lamella/service-core';
import { layerCases, mockService, type TestInput, TestMark, testInput } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { hijackLayer } from './hijack-layer.ts';

const unreachable = serviceFn((_input: TestInput<string>): string => {
  throw new Error('must not be called');
});
const always = matcherFn((_input: TestInput<string>) => true);
const never = matcherFn((_input: TestInput<string>) => false);

describe('hijackLayer', () => {
  it.each(layerCases)('the inner service: $name', ({ run }) => run(hijackLayer(never, unreachable)));
  it.each(layerCases)('the other service: $name', ({ run }) => run((inner) => hijackLayer(always, inner)(unreachable)));

  it('sends what matches to the other service, and all else to the inner one', async () => {
    const { inner, other, service } = setup();
    const hijacked = service.serve(testInput('42'));
    const passed = service.serve(testInput('forty-two'));
    const toOther = await other.nextCall();
    const toInner = await inner.nextCall();
    expect([toOther.input.value, toInner.input.value]).toEqual(['42', 'forty-two']);
    toOther.respond('other');
    toInner.respond('inner');
    expect(await Promise.all([hijacked, passed])).toEqual(['other', 'inner']);
  });

  it('tells onMatch what was captured, before the other service is called', async () => {
    const { inner, other, service } = setup();
    const hijacked = service.serve(testInput('42'));
    const call = await other.nextCall();
    expect(call.input.extensions.get(TestMark)).toBe('number 42');
    call.respond('');

    const passed = service.serve(testInput('forty-two'));
    const passedCall = await inner.nextCall();
    expect(passedCall.input.extensions.get(TestMark)).toBeUndefined();
    passedCall.respond('');
    await Promise.all([hijacked, passed]);
  });

  it('takes any captures but undefined for a match', async () => {
    for (const captures of [null, 0, '', false]) {
      const layer = hijackLayer(
        { match: () => captures },
        serviceFn(() => 'other'),
      );
      await expect(layer(serviceFn(() => 'inner')).serve('x')).resolves.toBe('other');
    }
  });

  it('returns the promise of the chosen service as it is', () => {
    const promises = { other: Promise.resolve('other'), inner: Promise.resolve('inner') };
    const service = hijackLayer(digits, { serve: () => promises.other })({ serve: () => promises.inner });
    expect(service.serve(testInput('42'))).toBe(promises.other);
    expect(service.serve(testInput('x'))).toBe(promises.inner);
  });

  it('rejects when the matcher, onMatch or the other service throws', async () => {
    const fail = (): never => {
      throw new Error('thrown');
    };
    const layers = [
      hijackLayer({ match: fail }, unreachable),
      hijackLayer(always, unreachable, { onMatch: fail }),
      hijackLayer<TestInput<string>, unknown, string>(always, { serve: fail }),
    ];
    for (const layer of layers) await expect(layer(unreachable).serve(testInput('x'))).rejects.toThrow('thrown');
  });

  it.each<[string, () => unknown]>([
    ['matcher.match', () => hijackLayer(undefined as never, unreachable)],
    ['service.serve', () => hijackLayer(always, {} as never)],
    ['onMatch', () => hijackLayer(always, unreachable, { onMatch: 1 as never })],
  ])('refuses a %s that is not a function', (name, make) => {
    expect(make).toThrow(`${name} must be a function`);
    expect(make).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE' }));
  });
});

const digits = {
  match: ({ value }: TestInput<string>) => (/^\d+$/.test(value) ? { number: Number(value) } : undefined),
};

function setup() {
  const inner = mockService<TestInput<string>, string>();
  const other = mockService<TestInput<string>, string>();
  const layer = hijackLayer(digits, other, {
    onMatch: (input, { number }) => input.extensions.insert(TestMark, `number ${number}`),
  });
  return { inner, other, service: layer(inner) };
}
