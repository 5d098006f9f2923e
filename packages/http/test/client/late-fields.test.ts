import type { Connection, Connector } from '@lamella/net-core';
import { createConnection, memoryPipe } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHttpClient, HttpRequest, http1 } from '../../src/index.ts';

checkLedger({ beforeEach, afterEach });

describe('fields that are changed before a request is sent', () => {
  it('are changed when the connection stands, not when the request was made', async () => {
    const { client, dials, clock } = setup();
    const request = HttpRequest.from({ target: 'http://a.test/', headers: { 'x-age': 'unknown' } });
    request.beforeSend((headers) => headers.set('x-age', `${clock.nowMs()}`));
    const text = textOf(client.serve(request));
    clock.advance(250);
    await settle();
    dials[0]?.();
    expect(await text).toContain('x-age: 250');
    expect(request.headers.get('x-age')).toBe('unknown');
    await client.close();
  });

  it('are changed for copies and forks too, by all that want it, in their order', async () => {
    const { client, dials } = setup();
    const request = HttpRequest.from({ target: 'http://a.test/' });
    request.beforeSend((headers) => headers.append('x-step', '1'));
    const fork = request.with({ target: 'http://a.test/other' }).fork({ signal: new AbortController().signal });
    fork.beforeSend((headers) => headers.append('x-step', '2'));
    const text = textOf(client.serve(fork));
    dials[0]?.();
    expect(await text).toMatch(/^GET \/other [\s\S]*x-step: 1\r\nx-step: 2\r\n/);
    await client.close();
  });

  it('are changed once more for another attempt', async () => {
    const { client, dials } = setup((count) => count === 1);
    const first = textOf(client.serve(HttpRequest.from({ target: 'http://a.test/' })));
    dials[0]?.();
    await first;
    // The connection ends under the next request, which goes to another one.
    const request = HttpRequest.from({ target: 'http://a.test/' });
    let count = 0;
    request.beforeSend((headers) => headers.append('x-count', `${++count}`));
    const text = textOf(client.serve(request));
    await settle();
    dials[1]?.();
    expect(await text).toContain('x-count: 2');
    expect(await text).not.toContain('x-count: 1');
    await client.close();
  });

  it('make the request fail if that can not be done, and leave its connection to others', async () => {
    const { client, dials } = setup();
    const request = HttpRequest.from({ target: 'http://a.test/' });
    const reason = new Error('no time left');
    request.beforeSend(() => {
      throw reason;
    });
    const failed = client.serve(request);
    dials[0]?.();
    await expect(failed).rejects.toBe(reason);
    expect(await textOf(client.serve(HttpRequest.from({ target: 'http://a.test/next' })))).toContain('GET /next ');
    expect(dials).toHaveLength(1);
    await client.close();
  });
});

/** A client whose connections open when the test says so, to servers that send heads back. */
function setup(answers: (request: number) => boolean = () => true) {
  const dials: (() => void)[] = [];
  const connector: Connector = {
    serve: () =>
      new Promise((resolve) => {
        dials.push(() => {
          const [near, far] = memoryPipe();
          void reflect(createConnection(far), answers);
          resolve(createConnection(near));
        });
      }),
  };
  const clock = new FakeClock();
  return { client: createHttpClient({ connector, protocols: [http1()], clock }), dials, clock };
}

async function reflect({ stream }: Connection, answers: (request: number) => boolean): Promise<void> {
  for (let count = 1; ; count++) {
    const head = await stream.read();
    if (head === undefined || !answers(count)) break;
    await stream.write([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${head.length}\r\n\r\n`), head]);
  }
  stream.destroy();
}

async function textOf(response: ReturnType<ReturnType<typeof createHttpClient>['serve']>): Promise<string> {
  return (await response).body.text();
}
