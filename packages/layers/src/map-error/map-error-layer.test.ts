import { TimeoutError } from '@lamella/service-core';
import { FakeClock, layerCases, mockService, type TestInput, testInput } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { timeoutLayer } from '../timeout/timeout-layer.ts';
import { mapErrorLayer } from './map-error-layer.ts';

describe('mapErrorLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(mapErrorLayer((error) => error)));

  it('gives the caller the changed error', async () => {
    const { inner, service } = setup();
    const output = service.serve(testInput('ping'));
    const cause = new Error('inner failed');
    (await inner.nextCall()).reject(cause);
    await expect(output).rejects.toMatchObject({ message: 'mapped', cause });
  });

  it('passes outputs by', async () => {
    const { inner, service } = setup();
    const output = service.serve(testInput('ping'));
    (await inner.nextCall()).respond('pong');
    await expect(output).resolves.toBe('pong');
  });

  it('passes the own cancellation of the caller unchanged', async () => {
    const { inner, service } = setup();
    const input = testInput('ping');
    const reason = new Error('caller gave up');
    const output = service.serve(input);
    const call = await inner.nextCall();
    input.scope.abort(reason);
    call.reject(reason);
    await expect(output).rejects.toBe(reason);
  });

  it('maps another error of a call that was aborted too', async () => {
    const { inner, service } = setup();
    const input = testInput('ping');
    const output = service.serve(input);
    const call = await inner.nextCall();
    input.scope.abort('reason');
    call.reject('another error');
    await expect(output).rejects.toMatchObject({ cause: 'another error' });
  });

  it('maps the timeout of a layer inside, which is not a cancellation by the caller', async () => {
    const clock = new FakeClock();
    const inner = mockService<TestInput<string>, string>();
    const service = mapErrorLayer((error) => error instanceof TimeoutError && 'mapped')(
      timeoutLayer({ timeoutMs: 250, clock })(inner),
    );
    const output = service.serve(testInput('ping'));
    clock.advance(250);
    await expect(output).rejects.toBe('mapped');
  });

  it('maps every error of an input that can not be cancelled', async () => {
    const inner = mockService<string, string>();
    const output = mapErrorLayer((cause) => new Error('mapped', { cause }))(inner).serve('ping');
    (await inner.nextCall()).reject(undefined);
    await expect(output).rejects.toThrow('mapped');
  });

  it('rejects with what the map throws', async () => {
    const inner = mockService<string, string>();
    const service = mapErrorLayer(() => {
      throw new Error('thrown by the map');
    })(inner);
    const output = service.serve('ping');
    (await inner.nextCall()).reject(new Error('inner failed'));
    await expect(output).rejects.toThrow('thrown by the map');
  });

  it('refuses a map that is not a function', () => {
    const make = () => mapErrorLayer(null as never);
    expect(make).toThrow('map must be a function');
    expect(make).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE' }));
  });
});

function setup() {
  const inner = mockService<TestInput<string>, string>();
  return { inner, service: mapErrorLayer((cause) => new Error('mapped', { cause }))(inner) };
}
