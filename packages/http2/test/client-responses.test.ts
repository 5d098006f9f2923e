import type { HttpResponse } from '@lamella/http';
import { HttpRequest } from '@lamella/http';
import { checkLedger } from '@lamella/net-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { continuation, data, headers, literalBlock, reset } from './support/frames.ts';
import { RawServer } from './support/raw-server.ts';

checkLedger({ beforeEach, afterEach });

describe('a response that comes together', () => {
  it('has a body that is at hand', async () => {
    const { server, response } = await answered([HEAD, data(1, 'hello', { end: true })]);
    expect(response.body.isAtHand).toBe(true);
    expect(response.body.size).toBe(5);
    expect(server.connection.active).toBe(0);
    expect(await response.body.text()).toBe('hello');
    expect(server.clock.pendingTimers).toBeLessThanOrEqual(1); // the one of the connection: nobody is watched
    await server.close();
  });

  it('has it from several frames too', async () => {
    const { server, response } = await answered([HEAD, data(1, 'hel'), data(1, 'l'), data(1, 'o', { end: true })]);
    expect(response.body.isAtHand).toBe(true);
    expect(await response.body.text()).toBe('hello');
    await server.close();
  });

  it('has its trailers', async () => {
    const { server, response } = await answered([HEAD, data(1, 'hello'), headers(1, ['sum', '7'], { end: true })]);
    expect(response.body.isAtHand).toBe(true);
    expect(await response.body.text()).toBe('hello');
    expect(response.body.trailers?.get('sum')).toBe('7');
    await server.close();
  });

  it('is told apart from others that are on their way', async () => {
    const server = await RawServer.open();
    const [first, second, third] = [get(), get(), get()].map((request) => server.connection.serve(request));
    const heads = [1, 3, 5].map((id) => headers(id, [':status', '200']));
    await server.send(...heads, data(5, 'five', { end: true }), data(1, 'one'), data(3, 'three', { end: true }));
    const one = (await first)?.body;
    expect(one?.isAtHand).toBe(false);
    expect(await one?.read()).toEqual(new Uint8Array(Buffer.from('one')));
    expect(await (await second)?.body.text()).toBe('three');
    expect(await (await third)?.body.text()).toBe('five');
    await server.send(data(1, '', { end: true }));
    expect(await one?.read()).toBeUndefined();
    await server.close();
  });

  it('gives what it took of the windows back', async () => {
    const server = await RawServer.open({ limits: { connectionWindowBytes: 65_535 } });
    for (let id = 1; id < 9; id += 2) {
      const answer = server.connection.serve(get());
      await server.send(headers(id, [':status', '200']), data(id, new Uint8Array(16_384), { end: true }));
      expect((await (await answer).body.bytes()).length).toBe(16_384);
    }
    const updates = (await server.takeFrames(true)).filter((line) => line.startsWith('WINDOW_UPDATE 0'));
    expect(updates).toHaveLength(2);
    await server.close();
  });

  it('gives that back as well where the request is still being sent', async () => {
    const limits = { connectionWindowBytes: 65_535, initialStreamWindowBytes: 65_535 };
    const server = await RawServer.open({ limits });
    const request = HttpRequest.from({ method: 'POST', target: 'http://a.test/', body: 'b'.repeat(100_000) });
    const answer = server.connection.serve(request);
    await server.takeFrames();
    await server.send(headers(1, [':status', '200']), ...[0, 1, 2].map(() => data(1, new Uint8Array(16_384))));
    await server.send(data(1, '', { end: true }));
    const response = await answer;
    expect((await response.body.bytes()).length).toBe(3 * 16_384);
    const updates = (await server.takeFrames(true)).filter((line) => line.startsWith('WINDOW_UPDATE 0'));
    expect(updates).not.toHaveLength(0);
    await server.close();
  });

  it.each([40_000, 16_385, 16_384])('has %i bytes in one frame', async (length) => {
    const limits = { maxFrameBytes: 65_536 };
    const content = Uint8Array.from({ length }, (_, index) => index % 251);
    const { server, response } = await answered([HEAD, data(1, content, { end: true })], { limits });
    expect(response.body.isAtHand).toBe(true);
    expect(Buffer.compare(await response.body.bytes(), content)).toBe(0);
    await server.close();
  });

  it('is empty with an end of its own', async () => {
    const { server, response } = await answered([HEAD, data(1, '', { end: true })]);
    expect(response.body.isEmpty).toBe(true);
    await server.close();
  });
});

describe('a response that is broken off at once', () => {
  it('is told, and its body fails behind what came of it', async () => {
    const { server, response } = await answered([HEAD, data(1, 'hel'), reset(1, 8)]);
    expect(Buffer.from((await response.body.read()) ?? []).toString()).toBe('hel');
    await expect(response.body.read()).rejects.toMatchObject({ resetCode: 'CANCEL' });
    expect(server.connection.active).toBe(0);
    await server.close();
  });

  it.each([
    ['less', 'hell'],
    ['more', 'hello!'],
  ])('has a body that fails when it has %s content than was announced', async (_, content) => {
    const head = headers(1, [':status', '200', 'content-length', '5']);
    const { server, response } = await answered([head, data(1, content, { end: true })]);
    await expect(response.body.bytes()).rejects.toMatchObject({ code: 'LML_ERR_HTTP2_CONTENT_LENGTH_MISMATCH' });
    await server.close();
  });
});

// RFC 9113 section 10.5.1, for servers that don't keep to what they were told.
describe('a server that sends more fields than its client takes', () => {
  const limits = { maxHeaderListBytes: 1_024 };
  const failure = { code: 'LML_ERR_HTTP2_HEADERS_TOO_LARGE', origin: 'remote' };

  it.each([
    [1_024, true],
    [1_025, false],
  ])('with a head of %i bytes gets it through: %s, and the next one', async (byteCount, isTaken) => {
    const server = await RawServer.open({ limits });
    const answer = server.connection.serve(get());
    answer.catch(() => {}); // looked at below
    const fields = [':status', '200', 'a', 'x'.repeat(byteCount - 2 * 32 - ':status200a'.length)];
    await server.send(headers(1, fields, { end: true }));
    if (isTaken) expect((await answer).status).toBe(200);
    else await expect(answer).rejects.toMatchObject(failure);
    const next = server.connection.serve(get());
    await server.send(headers(3, [':status', '204'], { end: true }));
    expect((await next).status).toBe(204);
    await server.close();
  });

  it.each([
    [1_024, true],
    [1_025, false],
  ])('with trailers of %i bytes gets them through: %s, and the next response', async (byteCount, isTaken) => {
    const server = await RawServer.open({ limits });
    const answer = server.connection.serve(get());
    await server.send(HEAD, data(1, 'hello'));
    const { body } = await answer;
    const text = body.text();
    text.catch(() => {}); // looked at below
    await server.send(headers(1, ['sum', 'x'.repeat(byteCount - 32 - 'sum'.length)], { end: true }));
    if (isTaken) expect(await text).toBe('hello');
    else await expect(text).rejects.toMatchObject(failure);
    const next = server.connection.serve(get());
    await server.send(headers(3, [':status', '204'], { end: true }));
    expect((await next).status).toBe(204);
    await server.close();
  });

  it('loses the connection where that is so much that nobody can read over it', async () => {
    const server = await RawServer.open({ limits });
    const answer = server.connection.serve(get());
    answer.catch(() => {}); // looked at below
    const head = headers(1, literalBlock([':status', '200', 'a', 'x'.repeat(10_000)]), { endHeaders: false });
    await server.send(head, ...Array.from({ length: 4 }, () => continuation(1, Buffer.alloc(16_384), false)));
    await expect(answer).rejects.toMatchObject(failure);
    expect(server.ended).not.toBe('no');
    await server.close();
  });
});

it('a response is the same wherever it is cut', async () => {
  const whole = Buffer.concat([
    headers(1, [':status', '200', 'content-length', '5']),
    data(1, 'he'),
    data(1, 'llo', { pad: 3 }),
    headers(1, ['sum', '7'], { end: true }),
  ]);
  for (let cut = 1; cut < whole.length; cut++) {
    const { server, response } = await answered([whole.subarray(0, cut)], {}, [whole.subarray(cut)]);
    expect(await response.body.text()).toBe('hello');
    expect(response.body.trailers?.get('sum')).toBe('7');
    expect(server.connection.active).toBe(0);
    await server.close();
  }
});

/** @param first - What comes at once. @param rest - What comes behind that. */
async function answered(
  first: readonly Uint8Array[],
  options: Parameters<typeof RawServer.open>[0] = {},
  rest: readonly Uint8Array[] = [],
): Promise<{ server: RawServer; response: HttpResponse }> {
  const server = await RawServer.open(options);
  const answer = server.connection.serve(get());
  answer.catch(() => {}); // looked at below
  await server.send(...first);
  if (rest.length > 0) await server.send(...rest);
  return { server, response: await answer };
}

function get(): HttpRequest {
  return HttpRequest.from({ target: 'http://a.test/' });
}

const HEAD = headers(1, [':status', '200']);
