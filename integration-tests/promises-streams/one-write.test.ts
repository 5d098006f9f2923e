import { HttpBody, HttpResponse, HttpRequest as Request } from '@lamella/http';
import type { Connection } from '@lamella/net-core';
import { readAll, text, utf8 } from '@lamella/net-core/testing';
import { serviceFn } from '@lamella/service-core';
import { settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stages } from './support/stages.ts';
import { memory, memoryHttp2 } from './support/transports.ts';
import { WriteLog } from './support/write-log.ts';

const newStage = stages({ beforeEach, afterEach });

/** Where there is TCP_NODELAY, two writes are two packets. */
const origin = serviceFn(async (request: Request) => {
  const body = await request.body.text();
  return request.path === '/stream'
    ? HttpResponse.from({ body: HttpBody.from([`first of ${body}`, ' and second']) })
    : HttpResponse.text(`all of ${body}`);
});
const shout = serviceFn(async ({ stream }: Connection) => {
  const bytes = await readAll(stream);
  await stream.write([utf8(text(bytes).toUpperCase())]);
  await stream.closeWrite();
});

describe.each([
  { way: 'straight', host: 'origin.test', viaProxy: false, servers: ['origin'] },
  { way: 'through a reverse proxy', host: 'edge.test', viaProxy: false, servers: ['origin', 'edge'] },
  { way: 'through a forward proxy', host: 'origin.test', viaProxy: true, servers: ['origin', 'proxy'] },
])('$way', ({ way, host, viaProxy, servers }) => {
  // The proxies dial as `proxy`, so that the forward proxy writes to both of its sides under one name.
  const requesters = way === 'straight' ? ['client'] : ['client', 'proxy'];

  it('a head and the body behind it leave in one write, request and response, at every hop', async () => {
    const log = new WriteLog();
    const stage = await newStage(memory, { origin, wrap: log.wrap });
    const request = Request.from({ method: 'POST', target: `http://${host}/`, body: 'this' });
    const response = await stage.client({ viaProxy }).serve(request);
    expect(await response.body.text()).toBe('all of this');

    expect(requestsOf(log, requesters)).toEqual(requesters.map(() => expect.stringMatching(/^POST .*\r\n\r\nthis$/s)));
    expect(responsesOf(log, servers)).toEqual(
      servers.map(() => expect.stringMatching(/^HTTP\/1\.1 200 .*\r\n\r\nall of this$/s)),
    );
    expect(log.writes).toHaveLength(requesters.length + servers.length);
  });

  it('a head and the first chunk of a stream leave in one write, request and response, at every hop', async () => {
    const log = new WriteLog();
    const stage = await newStage(memory, { origin, wrap: log.wrap });
    const body = HttpBody.from(['th', 'is']);
    const request = Request.from({ method: 'POST', target: `http://${host}/stream`, body });
    const response = await stage.client({ viaProxy }).serve(request);
    expect(await response.body.text()).toBe('first of this and second');

    expect(requestsOf(log, requesters).map(firstChunk)).toEqual(requesters.map(() => expect.stringMatching(/^th/)));
    expect(responsesOf(log, servers).map(firstChunk)).toEqual(
      servers.map(() => expect.stringMatching(/^first of this/)),
    );
  });
});

it.each(['', '/stream'])(
  'by HTTP/2 a head and what is there of the body leave in one write, at every hop: %s',
  async (path) => {
    const log = new WriteLog();
    const stage = await newStage(memoryHttp2, { origin, wrap: log.wrap });
    const client = stage.client();
    const ask = async (): Promise<string> => {
      const request = Request.from({ method: 'POST', target: `http://edge.test${path}`, body: 'this' });
      return (await client.serve(request)).body.text();
    };
    await ask(); // what connections say first is another matter
    await settle(16);
    log.writes.length = 0;
    expect(await ask()).toBe(path === '' ? 'all of this' : 'first of this and second');
    for (const who of ['client', 'proxy', 'origin', 'edge']) {
      const heads = log.of(who).filter((write) => frameTypes(write).includes(HEADERS));
      expect(heads.map(frameTypes), who).toEqual([expect.arrayContaining([HEADERS, DATA])]);
    }
  },
);

describe('a CONNECT tunnel', () => {
  it('opens with one write to each side, and passes what came with the head on in one', async () => {
    const log = new WriteLog();
    const stage = await newStage(memory, { peer: shout, wrap: log.wrap });
    const { stream } = await stage.connect('proxy.test:8080');
    void stream.write([utf8('CONNECT peer.test:443 HTTP/1.1\r\nHost: peer.test:443\r\n\r\nfirst words')]);
    await settle(8);
    expect(log.of('proxy')).toEqual([
      expect.stringMatching(/^HTTP\/1\.1 200 Connection established\r\n.*\r\n\r\n$/s),
      'first words',
    ]);
    await stream.closeWrite();
    expect(text(await readAll(stream))).toMatch(/\r\n\r\nFIRST WORDS$/);
    expect(log.of('proxy').slice(2)).toEqual(['FIRST WORDS']);
  });
});

function requestsOf(log: WriteLog, who: readonly string[]): string[] {
  return who.flatMap((name) => log.of(name)).filter((write) => write.startsWith('POST '));
}

function responsesOf(log: WriteLog, who: readonly string[]): string[] {
  return who.flatMap((name) => log.of(name)).filter((write) => write.startsWith('HTTP/1.1 '));
}

/** What stands in a write behind the head and the size of the first chunk. */
function firstChunk(write: string): string {
  return write.slice(write.indexOf('\r\n\r\n') + 4).replace(/^[0-9a-f]+\r\n/, '');
}

/** Types of the frames of HTTP/2 in a write. */
function frameTypes(write: string): number[] {
  const types: number[] = [];
  const bytes = Buffer.from(write, 'latin1');
  for (let at = 0; at < bytes.length; at += 9 + bytes.readUIntBE(at, 3)) types.push(bytes.readUInt8(at + 3));
  return types;
}

const DATA = 0;
const HEADERS = 1;
