import { createExtensions, serviceInput } from '@lamella/service-core';
import { layerCases, mockService, settle, type TestInput, testInput } from '@lamella/service-core/testing';
import { describe, expect, it, vi } from 'vitest';
import { listenersOf } from '../../test/support/limit-setup.ts';
import { abortableLayer, ConnectionAborter, RequestAborter } from './abortable-layer.ts';

type Input = TestInput<string>;

describe('abortableLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(abortableLayer(RequestAborter)));

  it('ends the call at once from inside, with the reason, and aborts what runs for it', async () => {
    const { inner, service } = setup();
    const controller = new AbortController();
    const output = service.serve(serviceInput('ping', { signal: controller.signal }));
    const call = await inner.nextCall();
    const reason = new Error('no more');
    call.input.extensions.get(RequestAborter)?.abort(reason);
    await expect(output).rejects.toBe(reason);
    expect(call.input.scope.reason).toBe(reason);
    expect(controller.signal.aborted).toBe(false);
    expect(listenersOf(controller.signal)).toBe(0);
  });

  it('has a reason of its own', async () => {
    const { inner, service } = setup();
    const output = service.serve(testInput('ping'));
    (await inner.nextCall()).input.extensions.get(RequestAborter)?.abort();
    await expect(output).rejects.toMatchObject({ code: 'LML_ERR_CLOSED', message: 'the call was ended from inside' });
  });

  it('disposes what comes after all', async () => {
    const inner = mockService<Input, Disposable>();
    const output = abortableLayer(RequestAborter)(inner).serve(testInput('ping'));
    const call = await inner.nextCall();
    call.input.extensions.get(RequestAborter)?.abort('enough');
    await expect(output).rejects.toBe('enough');
    const dispose = vi.fn();
    call.respond({ [Symbol.dispose]: dispose });
    await settle();
    expect(dispose).toHaveBeenCalledOnce();
  });

  it('does nothing when the call has ended, nor to its streams', async () => {
    const { inner, service } = setup();
    const output = service.serve(testInput('ping'));
    const call = await inner.nextCall();
    const listener = vi.fn();
    call.input.scope.onAbort(listener);
    call.respond('pong');
    await output;
    call.input.extensions.get(RequestAborter)?.abort('too late');
    expect(listener).not.toHaveBeenCalled();
  });

  it('of a connection is found by the requests that came in by it', () => {
    const connection = createExtensions('connection');
    const abort = vi.fn();
    connection.insert(ConnectionAborter, { abort });
    const input = testInput('ping');
    input.extensions.link('ingress', connection);
    input.extensions.get(ConnectionAborter)?.abort('drop it');
    expect(abort).toHaveBeenCalledExactlyOnceWith('drop it');
  });

  it('rejects when the store takes nothing any more, or the input is aborted', async () => {
    const { inner, service } = setup();
    const sealed = testInput('ping');
    sealed.extensions.seal();
    await expect(service.serve(sealed)).rejects.toMatchObject({ code: 'LML_ERR_USAGE' });
    const aborted = testInput('ping');
    aborted.scope.abort('enough');
    await expect(service.serve(aborted)).rejects.toBe('enough');
    expect(inner.callCount).toBe(0);
  });
});

function setup() {
  const inner = mockService<Input, string>();
  return { inner, service: abortableLayer(RequestAborter)(inner) };
}
