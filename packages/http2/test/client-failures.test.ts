import type { HttpRequestInit } from '@lamella/http';
import { HttpBody, HttpRequest } from '@lamella/http';
import { checkLedger } from '@lamella/net-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { data, goaway, headers, settings } from './support/frames.ts';
import { RawServer } from './support/raw-server.ts';

checkLedger({ beforeEach, afterEach });

describe.each<[string, (init: { trailers: () => never }) => HttpBody]>([
  ['at hand', (options) => HttpBody.from('content', options)],
  ['streamed', (options) => HttpBody.from(['content'], options)],
])('a request whose body is %s and whose trailers can not be made', (_, bodyWith) => {
  const trailers = (): never => {
    throw new Error('no trailers');
  };

  it('fails, and gives its stream up', async () => {
    const server = await RawServer.open();
    const body = bodyWith({ trailers });
    await expect(server.connection.serve(post({ body }))).rejects.toThrow('no trailers');
    expect((await server.takeFrames()).at(-1)).toBe('RST_STREAM 1 CANCEL');
    expect(server.connection.active).toBe(0);
    await server.close();
  });

  it('fails too if it has waited for 100 (Continue)', async () => {
    const server = await RawServer.open();
    const body = bodyWith({ trailers });
    const failed = expect(server.connection.serve(post({ body, headers: { Expect: '100-continue' } }))).rejects.toThrow(
      'no trailers',
    );
    await server.send(headers(1, [':status', '100']));
    await failed;
    expect(server.connection.active).toBe(0);
    await server.close();
    expect(server.clock.pendingTimers).toBe(0);
  });
});

it.each([
  ['a.test', 'b.test'],
  ['a.test', 'a.test'],
  ['a.test', ''],
])('a request with the two Host fields %o and %o is not sent', async (...hosts) => {
  const server = await RawServer.open();
  const fields = hosts.map((host, index) => [index === 0 ? 'Host' : 'host', host] as const);
  await expect(server.connection.serve(post({ headers: fields }))).rejects.toMatchObject({
    code: 'LML_ERR_USAGE',
    message: 'a request must not have more than one Host field',
  });
  expect([await server.takeFrames(), server.connection.active]).toEqual([[], 0]);
  await server.close();
});

it('what comes of a request behind the interim response that was one too many is not told', async () => {
  const server = await RawServer.open({ maxInformational: 1 });
  const told: number[] = [];
  const onInformational = ({ status }: { status: number }): void => void told.push(status);
  const failed = expect(
    server.connection.serve(HttpRequest.from({ target: 'http://a.test/', onInformational })),
  ).rejects.toMatchObject({ code: 'LML_ERR_HTTP2_TOO_MUCH_OF_A_KIND' });
  const interim = headers(1, [':status', '103']);
  await server.send(Buffer.concat([interim, interim, interim, headers(1, [':status', '200']), data(1, 'x')]));
  await failed;
  expect(told).toEqual([103]);
  expect(server.clock.pendingTimers).toBeLessThanOrEqual(1); // the one of the connection
  await server.close();
});

describe('the error of requests that a connection ended under', () => {
  it('says of each of them alike that nothing had come by it', async () => {
    const server = await RawServer.open();
    const answers = [get(), get(), get()].map((request) => server.connection.serve(request));
    const outcomes = Promise.allSettled(answers);
    await server.close();
    expect((await outcomes).map((outcome) => Reflect.get(Object(Reflect.get(outcome, 'reason')), 'code'))).toEqual(
      Array(3).fill('LML_ERR_HTTP_CONNECTION_CLOSED'),
    );
  });

  it('says that it had served others before', async () => {
    const server = await RawServer.open();
    const first = server.connection.serve(get());
    await server.send(headers(1, [':status', '204'], { end: true }));
    await first;
    const failed = expect(server.connection.serve(get())).rejects.toMatchObject({
      code: 'LML_ERR_HTTP_REUSED_CONNECTION_CLOSED',
    });
    await server.close();
    await failed;
  });
});

describe('a connection that ends before it was used', () => {
  it.each([
    ['speaks another protocol', Buffer.from('SSH-2.0-OpenSSH_9.6\r\n'), 'LML_ERR_HTTP2_UNEXPECTED_FRAME', 'SETTINGS'],
    ['speaks HTTP/1.1', Buffer.from('HTTP/1.1 400 Bad\r\n'), 'LML_ERR_HTTP2_ANSWERED_BY_HTTP1', 'HTTP/1.1'],
    ['has enough', Buffer.concat([settings(), goaway(0, 11, 'later')]), 'LML_ERR_HTTP2_GOAWAY', 'later'],
  ])('tells why: the server %s', async (_, greeting, code, message) => {
    const server = await RawServer.open({ greeting: [greeting] });
    expect(server.connection.state).not.toBe('open');
    expect(server.connection.failure).toMatchObject({ code, message: expect.stringContaining(message) });
    await server.close();
  });

  it('tells nothing where the server just leaves', async () => {
    const server = await RawServer.open();
    await server.close();
    expect([server.connection.state, server.connection.failure]).toEqual(['closed', undefined]);
  });
});

it('an upgrade that waits for the settings of the server fails with what the connection is destroyed with', async () => {
  const server = await RawServer.open({ greeting: [] });
  const upgrade = { Connection: 'upgrade', Upgrade: 'echo' };
  const answer = server.connection.serve(HttpRequest.from({ target: 'http://a.test/', headers: upgrade }));
  const reason = new Error('the application ends');
  server.connection.destroy(reason);
  await expect(answer).rejects.toBe(reason);
  await server.close();
});

function get(): HttpRequest {
  return HttpRequest.from({ target: 'http://a.test/' });
}

function post(init: Partial<HttpRequestInit>): HttpRequest {
  return HttpRequest.from({ method: 'POST', target: 'http://a.test/', ...init });
}
