import { FakeClock, layerCases, mockService, settle, type TestInput, testInput } from '@lamella/service-core/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { TraceLayerOptions } from './trace-layer.ts';
import { traceLayer } from './trace-layer.ts';

describe('traceLayer', () => {
  it.each(layerCases)('with both hooks: $name', ({ run }) => run(traceLayer({ onStart() {}, onEnd() {} })));
  it.each(layerCases)('with onStart: $name', ({ run }) => run(traceLayer({ onStart() {} })));
  it.each(layerCases)('without hooks: $name', ({ run }) => run(traceLayer({})));

  it('tells of a success once: input, output, duration', async () => {
    const { clock, inner, service, log } = setup();
    const input = testInput('ping');
    const output = service.serve(input);
    expect(log).toEqual([['start', { input }]]);

    clock.advance(40);
    (await inner.nextCall()).respond('pong');
    await expect(output).resolves.toBe('pong');
    expect(log.slice(1)).toEqual([['end', { outcome: 'ok', input, output: 'pong', durationMs: 40 }]]);
  });

  it.each([
    ['rejects', (input: TestInput<string>) => Promise.reject(failureOf(input))],
    [
      'throws',
      (input: TestInput<string>) => {
        throw failureOf(input);
      },
    ],
  ])('tells of a failure once when the inner service %s', async (_how, serve) => {
    const { log, options } = setup();
    const input = testInput('ping');
    const service = traceLayer(options)<TestInput<string>, string>({ serve });
    await expect(service.serve(input)).rejects.toThrow('ping failed');
    expect(log).toEqual([
      ['start', { input }],
      ['end', { outcome: 'error', input, error: new Error('ping failed'), durationMs: 0 }],
    ]);
  });

  it('tells the own cancellation of the caller from an error', async () => {
    const { clock, inner, service, log } = setup();
    for (const error of ['caller gave up', 'another error']) {
      const input = testInput('ping');
      const output = service.serve(input);
      const call = await inner.nextCall();
      input.scope.abort('caller gave up');
      clock.advance(5);
      call.reject(error);
      await expect(output).rejects.toBe(error);
    }
    expect(log.filter(([kind]) => kind === 'end').map(([, event]) => event)).toMatchObject([
      { outcome: 'aborted', error: 'caller gave up', durationMs: 5 },
      { outcome: 'error', error: 'another error', durationMs: 5 },
    ]);
  });

  it('tells of the end before the caller goes on', async () => {
    const { inner, service, log } = setup();
    const output = service.serve(testInput('ping')).then(() => log.push(['caller', undefined]));
    (await inner.nextCall()).respond('pong');
    await output;
    expect(log.map(([kind]) => kind)).toEqual(['start', 'end', 'caller']);
  });

  it('returns the promise of the inner service as it is without onEnd', () => {
    const promise = Promise.resolve('pong');
    const service = traceLayer({ onStart() {} })<string, string>({ serve: () => promise });
    expect(service.serve('ping')).toBe(promise);
  });

  describe('a hook that fails', () => {
    afterEach(() => vi.restoreAllMocks());

    const failing = {
      throws: {
        onStart: () => {
          throw new Error('start hook');
        },
        onEnd: () => {
          throw new Error('end hook');
        },
      },
      'rejects later': {
        onStart: () => Promise.reject(new Error('start hook')),
        onEnd: () => Promise.reject(new Error('end hook')),
      },
    };

    it.each(Object.entries(failing))(
      'and %s does not break the call; its error goes to onHookError',
      async (_how, hooks) => {
        const heard: unknown[] = [];
        const { inner, service } = setup({ ...hooks, onHookError: (error, hook) => heard.push([hook, error]) });
        const good = service.serve(testInput('ping'));
        const bad = service.serve(testInput('ping'));
        (await inner.nextCall()).respond('pong');
        (await inner.nextCall()).reject('no');
        await expect(good).resolves.toBe('pong');
        await expect(bad).rejects.toBe('no');
        await settle();
        expect(heard).toEqual([
          ['onStart', new Error('start hook')],
          ['onStart', new Error('start hook')],
          ['onEnd', new Error('end hook')],
          ['onEnd', new Error('end hook')],
        ]);
      },
    );

    it('is told of on console.error by default', async () => {
      const spy = vi.spyOn(console, 'error').mockImplementation(() => {});
      const service = traceLayer(failing.throws)<string, string>({ serve: async () => 'pong' });
      await expect(service.serve('ping')).resolves.toBe('pong');
      expect(spy.mock.calls).toEqual([
        ['lamella: hook onStart failed:', new Error('start hook')],
        ['lamella: hook onEnd failed:', new Error('end hook')],
      ]);
    });

    it('together with onHookError is told of on console.error, both errors', async () => {
      const spy = vi.spyOn(console, 'error').mockImplementation(() => {});
      const onHookError = (): never => {
        throw new Error('sink');
      };
      const { onStart } = failing.throws;
      const service = traceLayer({ onStart, onHookError })<string, string>({ serve: async () => 'pong' });
      await expect(service.serve('ping')).resolves.toBe('pong');
      expect(spy.mock.calls).toEqual([
        ['lamella: hook onStart failed:', new Error('start hook')],
        ['lamella: onHookError failed:', new Error('sink')],
      ]);
    });
  });

  it.each(['onStart', 'onEnd', 'onHookError'])('refuses an %s that is not a function', (name) => {
    const make = () => traceLayer({ [name]: 'text' });
    expect(make).toThrow(`${name} must be a function, got string`);
    expect(make).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE' }));
  });
});

function setup(overrides: TraceLayerOptions = {}) {
  const clock = new FakeClock();
  const log: [string, unknown][] = [];
  const options: TraceLayerOptions = {
    clock,
    onStart: (start) => log.push(['start', start]),
    onEnd: (end) => log.push(['end', end]),
    ...overrides,
  };
  const inner = mockService<TestInput<string>, string>();
  return { clock, inner, log, options, service: traceLayer(options)(inner) };
}

function failureOf(input: TestInput<string>): Error {
  return new Error(`${input.value} failed`);
}
