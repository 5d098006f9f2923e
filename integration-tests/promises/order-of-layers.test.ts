import { getEventListeners } from 'node:events';
import { serviceInput } from '@lamella/service-core';
import type { LayerSubject } from '@lamella/service-core/testing';
import { FakeClock, layerCases, mockService, settle, type TestInput } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { layerForms } from './support/layer-forms.ts';
import { checkProcess } from './support/process-failures.ts';

type Input = TestInput<string>;

checkProcess({ beforeEach, afterEach });

const names = Object.keys(layerForms);

// Each test is one pair, in one order; a failure names the case.
describe.each(names)('%s around', (outerName) => {
  it.each(names)('%s passes every case of a layer, and leaves nothing behind', async (innerName) => {
    for (const { name, run } of layerCases) {
      const { clock, subject } = pair(outerName, innerName);
      await run(subject).catch((cause: unknown) => {
        throw new Error(name, { cause });
      });
      await settle();
      expect(clock.pendingTimers, name).toBe(0);
    }

    for (const end of ['output', 'error', 'abort'] as const) {
      const { clock, subject } = pair(outerName, innerName);
      const controller = new AbortController();
      const inner = mockService<Input, string>();
      const output = subject(inner).serve(serviceInput('ping', { signal: controller.signal }));
      const ended = Promise.allSettled([output]);
      const call = await inner.nextCall();
      const reason = new Error(end);
      if (end === 'output') call.respond('pong');
      else if (end === 'abort') controller.abort(reason);
      call.reject(reason);
      const [result] = await ended;
      if (result.status === 'fulfilled') expect([end, result.value]).toEqual(['output', 'pong']);
      else expect(result.reason, end).toBe(reason);
      await settle();
      expect(inner.callCount, end).toBe(1);
      expect(clock.pendingTimers, end).toBe(0);
      expect(getEventListeners(controller.signal, 'abort'), end).toHaveLength(0);
    }
  });
});

function pair(outerName: string, innerName: string): { readonly clock: FakeClock; readonly subject: LayerSubject } {
  const clock = new FakeClock();
  const outer = layerForms[outerName]?.(clock);
  const inner = layerForms[innerName]?.(clock);
  if (outer === undefined || inner === undefined) throw new Error(`no layer ${outerName} or ${innerName}`);
  return { clock, subject: (service) => outer(inner(service)) };
}
