import type { Connection, Connector } from '@lamella/net-core';
import { createConnection, memoryPipe } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHttpClient, HttpRequest, http1 } from '../../src/index.ts';

checkLedger({ beforeEach, afterEach });
const serverEnds: Connection['stream'][] = [];
afterEach(() => {
  for (const stream of serverEnds.splice(0)) stream.destroy();
});

describe('a pool that opens a connection', () => {
  it('keeps it when the request that it was for has got another one in the meantime', async () => {
    const { client, dials, answer } = setup();
    const first = ask(client);
    dials[0]?.finish();
    await settle();
    const second = ask(client);
    await settle();
    expect(dials).toHaveLength(2); // no connection is free

    answer(0); // now the first one is, and the second request takes it
    expect(await first).toBe('ok');
    await settle();
    expect(dials[1]?.isAborted).toBe(false);
    dials[1]?.finish();
    await settle();
    answer(0);
    expect(await second).toBe('ok');
    expect(client.gauges()).toEqual([
      { origin: 'http://a.test:80', open: 2, active: 0, idle: 2, streams: 0, waiting: 0 },
    ]);

    // Under a steady load the pool has opened what it needs, and opens no more.
    const both = [ask(client), ask(client)];
    await settle();
    answer(0);
    answer(1);
    expect(await Promise.all(both)).toEqual(['ok', 'ok']);
    expect(dials).toHaveLength(2);
    await client.close();
  });

  it('gives up when the request that it was for has given up', async () => {
    const { client, dials } = setup();
    const leaving = new AbortController();
    const request = client.serve(HttpRequest.from({ target: 'http://a.test/', signal: leaving.signal }));
    await settle();
    leaving.abort(new Error('left'));
    await expect(request).rejects.toThrow('left');
    expect(dials[0]?.isAborted).toBe(true);
    await client.close();
  });

  it('gives up when the client is closed and nobody waits', async () => {
    const { client, dials, answer } = setup();
    const first = ask(client);
    dials[0]?.finish();
    await settle();
    const second = ask(client);
    await settle();
    answer(0);
    await first;
    await settle();
    const closed = client.close();
    expect(dials[1]?.isAborted).toBe(true);
    answer(0);
    expect(await second).toBe('ok');
    await closed;
  });
});

interface Dial {
  isAborted: boolean;
  finish: () => void;
}

/** A client whose connections open when the test says so. */
function setup() {
  const dials: Dial[] = [];
  const connector: Connector = {
    serve: ({ scope }) =>
      new Promise((resolve, reject) => {
        const dial: Dial = {
          isAborted: false,
          finish() {
            const [near, far] = memoryPipe();
            serverEnds.push(far);
            resolve(createConnection(near));
          },
        };
        dials.push(dial);
        scope.onAbort((reason) => {
          dial.isAborted = true;
          reject(reason);
        });
      }),
  };
  const client = createHttpClient({ connector, protocols: [http1()], clock: new FakeClock() });
  const answer = (index: number): void => {
    void serverEnds[index]?.write([Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')]);
  };
  return { client, dials, answer };
}

async function ask(client: ReturnType<typeof setup>['client']): Promise<string> {
  const response = await client.serve(HttpRequest.from({ target: 'http://a.test/' }));
  return response.body.text();
}
