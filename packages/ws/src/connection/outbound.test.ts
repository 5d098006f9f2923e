import type { ByteStream } from '@lamella/net-core';
import { memoryPipe } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Outbound } from './outbound.ts';

checkLedger({ beforeEach, afterEach });

/** A stream that asks to wait as the test says. */
function setup() {
  const [stream, far] = memoryPipe();
  const waits: (Promise<void> | undefined)[] = [];
  const slow: ByteStream = { ...methodsOf(stream), write: () => waits.shift() };
  let drains = 0;
  const outbound = new Outbound(slow, {
    onDrained: () => void drains++,
    toWriteError: (cause) => new Error('told', { cause }),
  });
  const close = () => {
    stream.destroy();
    far.destroy();
  };
  return { outbound, waits, drains: () => drains, close };
}

const chunks = [Buffer.alloc(10), Buffer.alloc(5)];

it('counts bytes from when the stream asks to wait, until it has taken them', async () => {
  const { outbound, waits, drains, close } = setup();
  expect(outbound.write(chunks)).toBeUndefined();
  expect([outbound.bufferedBytes, outbound.isBlocked]).toEqual([0, false]);
  const { promise, resolve } = Promise.withResolvers<void>();
  waits.push(promise, promise);
  const wait = outbound.write(chunks);
  expect(outbound.write(chunks)).toBe(wait);
  expect([outbound.bufferedBytes, outbound.isBlocked, drains()]).toEqual([30, true, 0]);
  resolve();
  await wait;
  expect([outbound.bufferedBytes, outbound.isBlocked, drains()]).toEqual([0, false, 1]);
  close();
});

it('goes by the last wait, if the stream gives another one', async () => {
  const { outbound, waits, drains, close } = setup();
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  waits.push(first.promise, second.promise);
  void outbound.write(chunks);
  void outbound.write(chunks);
  first.resolve();
  await settle();
  expect([outbound.isBlocked, drains()]).toEqual([true, 0]);
  second.resolve();
  await settle();
  expect([outbound.isBlocked, drains()]).toEqual([false, 1]);
  close();
});

it('fails with the error that it was told to make of the one of the stream, quietly if nobody looks', async () => {
  const { outbound, waits, close } = setup();
  waits.push(Promise.reject('gone'));
  const wait = outbound.write(chunks);
  await settle();
  await expect(wait).rejects.toMatchObject({ message: 'told', cause: 'gone' });
  close();
});

function methodsOf(stream: ByteStream): ByteStream {
  return {
    read: (options) => stream.read(options),
    unread: (chunk) => stream.unread(chunk),
    write: (written) => stream.write(written),
    closeWrite: () => stream.closeWrite(),
    destroy: (reason) => stream.destroy(reason),
    closed: stream.closed,
  };
}
