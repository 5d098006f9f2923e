import type { HttpRequest } from '@lamella/http';
import { HttpBody, HttpResponse, HttpRequest as Request } from '@lamella/http';
import type { Connection } from '@lamella/net-core';
import { patternBytes, readAll, readExactly, text, utf8 } from '@lamella/net-core/testing';
import { serviceFn } from '@lamella/service-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha1 } from '../support/pattern.ts';
import type { StageOptions } from './support/stage.ts';
import { stages } from './support/stages.ts';
import { memory, transports } from './support/transports.ts';

const newStage = stages({ beforeEach, afterEach });

// One and the same objects serve on every transport.
const shout = serviceFn(async ({ stream }: Connection) => {
  for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) {
    await stream.write([utf8(text(chunk).toUpperCase())]);
  }
  await stream.closeWrite();
});
const options: StageOptions = {
  peer: shout,
  origin: serviceFn(async (request: HttpRequest) => {
    if (request.headers.has('upgrade')) return HttpResponse.upgrade({ headers: { Upgrade: 'shout' } }, shout);
    if (request.path === '/stream') return HttpResponse.from({ body: HttpBody.from(['one ', 'two ', 'three']) });
    const fields = [...request.headers].filter(([name]) => /^y-/i.test(name)).map((pair) => pair.join('='));
    const body = sha1(await request.body.bytes());
    return HttpResponse.json({ method: request.method, path: request.path, fields, body });
  }),
};

describe.each(transports)('on $what, the same services', (transport) => {
  it.each([
    { way: 'straight', host: 'origin.test', viaProxy: false },
    { way: 'through the reverse proxy', host: 'edge.test', viaProxy: false },
    { way: 'through the forward proxy', host: 'origin.test', viaProxy: true },
  ])('answer requests $way', async ({ host, viaProxy }) => {
    const stage = await newStage(transport, options);
    const client = stage.client({ viaProxy });
    const bytes = patternBytes(100_000);
    const echoed = await client.serve(
      Request.from({
        method: 'PUT',
        target: `http://${host}/x`,
        headers: [
          ['Y-B', '1'],
          ['Y-a', '2'],
        ],
        body: bytes,
      }),
    );
    expect(await echoed.body.json()).toEqual({
      method: 'PUT',
      path: '/x',
      // HTTP/2 has names in lower case only.
      fields: transport.version === 'HTTP/2' ? ['y-b=1', 'y-a=2'] : ['Y-B=1', 'Y-a=2'],
      body: sha1(bytes),
    });
    const streamed = await client.serve(Request.from({ target: `http://${host}/stream` }));
    expect(await streamed.body.text()).toBe('one two three');
    const empty = await client.serve(Request.from({ method: 'HEAD', target: `http://${host}/` }));
    expect([empty.status, await empty.body.text()]).toEqual([200, '']);
    const gone = await client.serve(Request.from({ target: `http://${viaProxy ? 'nobody' : host}.test/` })).then(
      (response) => response.body.text().then(() => response.status),
      (error: { code: string }) => error.code,
    );
    expect(gone).toBe(viaProxy ? 502 : 'LML_ERR_CONNECT_REFUSED');
    expect(stage.errors).toEqual([]);
  });

  it.each([
    { way: 'straight', host: 'origin.test', viaProxy: false },
    { way: 'through the reverse proxy', host: 'edge.test', viaProxy: false },
    { way: 'through the forward proxy', host: 'origin.test', viaProxy: true },
  ])('switch protocols $way', async ({ host, viaProxy }) => {
    const stage = await newStage(transport, options);
    const headers = { Connection: 'upgrade', Upgrade: 'shout' };
    const response = await stage.client({ viaProxy }).serve(Request.from({ target: `http://${host}/`, headers }));
    expect(response.status).toBe(101);
    const { stream } = upgradedOf(response);
    void stream.write([utf8('hello')]);
    expect(text(await readExactly(stream, 5))).toBe('HELLO');
    void stream.write([utf8(' and bye')]);
    await stream.closeWrite();
    expect(text(await readAll(stream))).toBe(' AND BYE');
  });

  it('tunnel and relay', async () => {
    const stage = await newStage(transport, options);
    const client = stage.client({ viaProxy: true });
    const response = await client.serve(Request.from({ method: 'CONNECT', target: 'peer.test:443' }));
    expect(response.status).toBe(200);
    const relayed = await stage.connect('relay.test:7');
    for (const { stream } of [upgradedOf(response), relayed]) {
      void stream.write([utf8('through')]);
      expect(text(await readExactly(stream, 7))).toBe('THROUGH');
      await stream.closeWrite();
      expect(text(await readAll(stream))).toBe('');
    }
    await expect
      .poll(() => stage.outcomes)
      .toMatchObject([
        { reason: 'eof', bytesUp: 7, bytesDown: 7 },
        { reason: 'eof', bytesUp: 7, bytesDown: 7 },
      ]);
  });
});

describe('1,000 programs in one process', () => {
  it('run side by side in memory, each with a network, an origin and two proxies of its own', async () => {
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, async (_, index) => {
        const stage = await newStage(memory, options);
        const request = Request.from({ target: `http://origin.test/${index}` });
        const response = await stage.client({ viaProxy: index % 2 === 0 }).serve(request);
        return (await response.body.json()) as { path: string };
      }),
    );
    expect(answers.map(({ path }) => path)).toEqual(Array.from({ length: 1_000 }, (_, index) => `/${index}`));
  });
});

function upgradedOf({ upgraded }: HttpResponse): Connection {
  if (upgraded === undefined) throw new Error('the response has no connection to take');
  return upgraded;
}
