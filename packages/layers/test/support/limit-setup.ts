import { getEventListeners } from 'node:events';
import type { Service } from '@lamella/service-core';
import { FakeClock, type MockCall, type MockService, mockService, type TestInput } from '@lamella/service-core/testing';
import type { ConcurrencyLimitLayer, ConcurrencyLimitLayerOptions } from '../../src/index.ts';
import { concurrencyLimitLayer } from '../../src/index.ts';

/** What every test of the limit works with. */
export interface LimitSetup {
  readonly clock: FakeClock;
  readonly limit: ConcurrencyLimitLayer;
  readonly service: Service<TestInput<string>, string>;
}

/** A call of the inner service that waits for its answer. */
export interface HeldCall extends PromiseWithResolvers<string> {
  readonly value: string;
}

/** A limit around a service that the test plays. */
export function setUpLimit(options: Omit<ConcurrencyLimitLayerOptions, 'clock'>): LimitSetup & {
  readonly inner: MockService<TestInput<string>, string>;
} {
  const clock = new FakeClock();
  const inner = mockService<TestInput<string>, string>();
  const limit = concurrencyLimitLayer({ ...options, clock });
  return { clock, inner, limit, service: limit(inner) };
}

/** Like {@link setUpLimit}, with an inner service whose calls are seen, and answered, without a turn in between. */
export function setUpLimitByHand({
  throws = false,
  ...options
}: ConcurrencyLimitLayerOptions & { readonly throws?: boolean }): LimitSetup & { readonly calls: readonly HeldCall[] } {
  const clock = new FakeClock();
  const calls: HeldCall[] = [];
  const limit = concurrencyLimitLayer({ ...options, clock });
  const service = limit<TestInput<string>, string>({
    serve(input) {
      if (throws) throw THROWN;
      const call = { value: input.value, ...Promise.withResolvers<string>() };
      calls.push(call);
      return call.promise;
    },
  });
  return { clock, limit, calls, service };
}

/** Answers the next `count` calls. */
export async function answerAll(
  inner: { nextCall(): Promise<MockCall<unknown, string>> },
  count: number,
): Promise<void> {
  for (let answered = 0; answered < count; answered++) (await inner.nextCall()).respond('');
}

/** How many listen to `signal`. */
export function listenersOf(signal: AbortSignal): number {
  return getEventListeners(signal, 'abort').length;
}

/** What the inner service of {@link setUpLimitByHand} throws on demand. */
export const THROWN: Error = new Error('thrown');
