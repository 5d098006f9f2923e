import { checkLedger } from '@lamella/net-core/testing';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpResponse } from '../src/index.ts';
import { HttpRequest, HttpResponse as Response } from '../src/index.ts';
import { httpClientOn } from '../src/testing.ts';
import { rawClients } from './support/raw-clients.ts';
import { request, scriptedClients } from './support/scripted-client.ts';

checkLedger({ beforeEach, afterEach });
const open = rawClients({ afterEach });
const { setup } = scriptedClients({ afterEach });
const HOUR_MS = 3_600_000;

describe('a server whose handler allows a request to be quiet', () => {
  it('reads on after half an hour without a byte, and limits the next request as any other', async () => {
    const texts: string[] = [];
    const client = open(async (request) => {
      if (texts.length === 0) request.allowQuiet();
      texts.push(await request.body.text());
      return Response.text('done');
    });
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab');
    await client.clock.advanceAsync(HOUR_MS / 2); // at an hour the connection has its age
    client.send('cd');
    expect(await client.received()).toMatch(/^HTTP\/1.1 200/);
    expect(texts).toEqual(['abcd']);
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab');
    expect(await client.received()).toBe('');
    await client.clock.advanceAsync(30_000);
    expect(await client.received()).toMatch(/^HTTP\/1.1 408/);
  });

  it('still asks for a body that waits for leave', async () => {
    const client = open(async (request) => {
      request.allowQuiet();
      return Response.text(await request.body.text());
    });
    client.send('POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n');
    expect(await client.received()).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    client.send('ab');
    expect(await client.received()).toMatch(/\r\n\r\nab$/);
  });
});

describe('a client whose caller allows a request to be quiet', () => {
  it('waits an hour for the head, for the body, and for the reader of it', async () => {
    const { client, server, clock } = setup();
    const quiet = request('http://a.test/');
    quiet.allowQuiet({ beforeHead: true });
    const answer = client.serve(quiet);
    const origin = await server.accept();
    await clock.advanceAsync(HOUR_MS);
    origin.send('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n');
    const { body } = await answer;
    await clock.advanceAsync(HOUR_MS);
    const read = body.read();
    await clock.advanceAsync(HOUR_MS);
    origin.send('ab');
    await read;
    await clock.advanceAsync(HOUR_MS);
    origin.send('cd');
    expect(Buffer.from((await body.read()) ?? []).toString()).toBe('cd');
    expect(await body.read()).toBeUndefined();
  });

  it('limits the next request on the connection as any other', async () => {
    const { client, server, clock } = setup({ maxConnectionsPerOrigin: 1 });
    const quiet = request('http://a.test/1');
    quiet.allowQuiet({ beforeHead: true });
    const first = client.serve(quiet);
    const origin = await server.accept();
    origin.send('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    await first;
    const late = expect(client.serve(request('http://a.test/2'))).rejects.toMatchObject({
      limit: 'responseHeadTimeoutMs',
    });
    await origin.receive('GET /2');
    await clock.advanceAsync(120_000);
    await late;
  });
});

it('what allows it once allows it on both sides of a gateway, and in every fork', async () => {
  const clock = new FakeClock();
  const back = httpClientOn(
    {
      serve: async (inner) => {
        inner.allowQuiet();
        return Response.from({ body: inner.body });
      },
    },
    { clock },
  );
  const front = httpClientOn(
    {
      async serve(inner): Promise<HttpResponse> {
        inner.fork({ signal: new AbortController().signal }).allowQuiet();
        return back.serve(inner.with({ target: 'http://back.test/' }));
      },
    },
    { clock },
  );
  const { promise: goOn, resolve } = Promise.withResolvers<void>();
  const body = (async function* () {
    yield 'a';
    await goOn;
    yield 'b';
  })();
  const outgoing = HttpRequest.from({ method: 'POST', target: 'http://front.test/', body });
  outgoing.allowQuiet();
  const { body: echo } = await front.serve(outgoing);
  await settle(8);
  expect(Buffer.from((await echo.read()) ?? []).toString()).toBe('a');
  const second = echo.read();
  await clock.advanceAsync(HOUR_MS);
  resolve();
  expect(Buffer.from((await second) ?? []).toString()).toBe('b');
  await echo.read();
  await Promise.all([front.close(), back.close()]);
});
