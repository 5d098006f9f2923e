import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { HttpResponse, HttpRequest as Request } from '@lamella/http';
import { httpClientOn } from '@lamella/http/testing';
import type { Listener } from '@lamella/net-core';
import {
  byteStreamFromDuplex,
  byteStreamFromWebStreams,
  connectRequest,
  memoryNetwork,
  memoryPipe,
  resources,
  webStreamsFromByteStream,
} from '@lamella/net-core';
import { assertLedgerAt, checkLedger } from '@lamella/net-core/testing';
import { listenTcp, listenUnix, tcpConnector } from '@lamella/net-tcp';
import { serviceFn, systemClock } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Something that can be left open. */
interface Case {
  readonly what: string;
  /** How the ledger counts it. */
  readonly left: string;
  /** Opens it. @returns How it is closed. */
  open(): Promise<() => void>;
}

const cases: readonly Case[] = [
  { what: 'a TCP listener', left: '1 listener', open: async () => closing(await listenTcp()) },
  {
    what: 'a Unix listener',
    left: '1 listener',
    open: async () => closing(await listenUnix({ path: join(temporaryFolder(), 'x.sock') })),
  },
  {
    what: 'a listener in memory',
    left: '1 listener',
    open: async () => closing(memoryNetwork().listen('origin.test:80')),
  },
  { what: 'a dialled and an accepted socket', left: '2 socket', open: openSockets },
  {
    what: 'a connection in memory',
    left: '2 stream',
    async open() {
      const pipe = memoryPipe();
      return () => {
        for (const end of pipe) end.destroy();
      };
    },
  },
  {
    what: 'a byte stream of a Node duplex',
    left: '1 stream',
    async open() {
      const stream = byteStreamFromDuplex(new PassThrough());
      return () => stream.destroy();
    },
  },
  {
    what: 'a byte stream of Web streams, and what is behind it',
    left: '3 stream',
    async open() {
      const [near, far] = memoryPipe();
      const stream = byteStreamFromWebStreams(webStreamsFromByteStream(near));
      return () => {
        stream.destroy();
        far.destroy();
      };
    },
  },
  {
    what: 'a timer',
    left: '1 timer',
    async open() {
      const timer = systemClock.startTimer(3_600_000, () => {});
      return () => timer.cancel();
    },
  },
  {
    what: 'a timer of the coarse kind, among others',
    left: '1 timer',
    async open() {
      systemClock.startTimer(60_000, () => {}).cancel();
      const timer = systemClock.startTimer(60_000, () => {});
      return () => timer.cancel();
    },
  },
  { what: 'a connection in a pool', left: '1 pooled-connection', open: openPooled },
];

describe('a test that leaves something open fails', () => {
  it.each(cases)('$what', async ({ left, open }) => {
    const before = resources();
    const hooks = new RecordedHooks();
    checkLedger(hooks);

    hooks.runBefore();
    const close = await open();
    await expect(hooks.runAfter()).rejects.toThrow(new RegExp(`^left open: .*${left}`));
    close();
    await expect(hooks.runAfter()).resolves.toBeUndefined();
    await assertLedgerAt(before);
  });

  it('but not for what was open before it', async () => {
    const close = closing(await listenTcp());
    const hooks = new RecordedHooks();
    checkLedger(hooks);
    hooks.runBefore();
    await expect(hooks.runAfter()).resolves.toBeUndefined();
    close();
  });
});

/** A test runner whose hooks are run by hand. */
class RecordedHooks {
  runBefore: () => void = () => {};
  runAfter: () => Promise<void> = async () => {};
  readonly beforeEach = (hook: () => void): void => {
    this.runBefore = hook;
  };
  readonly afterEach = (hook: () => Promise<void>): void => {
    this.runAfter = hook;
  };
}

function closing(listener: Listener): () => void {
  return () => void listener.close();
}

async function openSockets(): Promise<() => void> {
  const listener = await listenTcp();
  const near = await tcpConnector().serve(connectRequest({ target: listener.address }));
  const { value: far } = await listener[Symbol.asyncIterator]().next();
  await listener.close();
  return () => {
    near.stream.destroy();
    far.stream.destroy();
  };
}

async function openPooled(): Promise<() => void> {
  const client = httpClientOn(serviceFn(async () => HttpResponse.text('ok')));
  const response = await client.serve(Request.from({ target: 'http://app.test/' }));
  await response.body.text();
  return () => client.destroy();
}
