import type { Service } from '@lamella/service-core';
import { serviceFn, UsageError } from '@lamella/service-core';
import { mockService, settle } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { swappableService } from './swappable-service.ts';

describe('swappableService', () => {
  it('leaves a call with the service that it came to, and waits for all of those', async () => {
    const [old, next] = [mockService<string, string>(), mockService<string, string>()];
    const service = swappableService(old);
    const calls = [service.serve('one'), service.serve('two')];
    const swapped = watch(service.swap(next));
    expect(service.current).toBe(next);

    const late = service.serve('three');
    const third = await next.nextCall();
    expect(third.input).toBe('three');
    third.respond('by the new one');
    await expect(late).resolves.toBe('by the new one');
    expect(await swapped()).toBe(false);

    (await old.nextCall()).respond('by the old one');
    await expect(calls[0]).resolves.toBe('by the old one');
    expect(await swapped()).toBe(false);
    (await old.nextCall()).respond('by the old one too');
    await expect(calls[1]).resolves.toBe('by the old one too');
    expect(await swapped()).toBe(true);
  });

  it('counts a call that fails, in whatever way, as ended', async () => {
    const failure = new Error('no luck');
    const throwing: Service<string, string> = {
      serve() {
        throw failure;
      },
    };
    for (const broken of [serviceFn<string, string>(() => Promise.reject(failure)), throwing]) {
      const service = swappableService(broken);
      await expect(service.serve('call')).rejects.toBe(failure);
      expect(await watch(service.swap(serviceFn((input: string) => input)))()).toBe(true);
      await expect(service.serve('call')).resolves.toBe('call');
    }
  });

  it('waits for nothing where nothing is under way', async () => {
    const service = swappableService(serviceFn((input: string) => input));
    expect(await watch(service.swap(serviceFn((input: string) => `${input}!`)))()).toBe(true);
    await expect(service.serve('call')).resolves.toBe('call!');
  });

  it('lets each swap wait for the calls of its own service alone', async () => {
    const services = [mockService<string, string>(), mockService<string, string>()] as const;
    const service = swappableService<string, string>(services[0]);
    const first = service.serve('first');
    const one = watch(service.swap(services[1]));
    const second = service.serve('second');
    const two = watch(service.swap(serviceFn((input: string) => input)));

    (await services[1].nextCall()).respond('done');
    await second;
    expect([await one(), await two()]).toEqual([false, true]);
    (await services[0].nextCall()).respond('done');
    await first;
    expect(await one()).toBe(true);
  });

  it('refuses what is no service, and changes nothing then', async () => {
    const service = swappableService(serviceFn((input: string) => input));
    for (const wrong of [undefined, {}, { serve: 'x' }]) {
      // What JavaScript can pass, and TypeScript would not let through.
      const bad = wrong as unknown as Service<string, string>;
      expect(() => swappableService(bad)).toThrow(UsageError);
      expect(() => service.swap(bad)).toThrow(UsageError);
    }
    await expect(service.serve('call')).resolves.toBe('call');
  });
});

/** Says whether a promise has resolved by now. */
function watch(promise: Promise<void>): () => Promise<boolean> {
  let isDone = false;
  void promise.then(() => {
    isDone = true;
  });
  return async () => {
    await settle();
    return isDone;
  };
}
