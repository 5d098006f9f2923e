import { checkLedger } from '@lamella/net-core/testing';
import { settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { request, scriptedClients } from '../support/scripted-client.ts';

checkLedger({ beforeEach, afterEach });
const { setup } = scriptedClients({ afterEach });

describe('a response body', () => {
  it('that is read late leaves the deadline of the next response on the connection alone', async () => {
    const { client, server, clock } = setup({ maxConnectionsPerOrigin: 1 });
    const first = client.serve(request('http://a.test/1'));
    const origin = await server.accept();
    origin.send('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab');
    const { body: early } = await first;
    await early.read();
    await settle();
    origin.send('cd'); // the end, which frees the connection
    await settle();
    const second = client.serve(request('http://a.test/2'));
    await origin.receive('GET /2');
    origin.send('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab');
    const { body: stalled } = await second;
    await stalled.read();
    const timedOut = expect(stalled.read()).rejects.toMatchObject({ limit: 'bodyTimeoutMs' });
    await settle();
    expect(Buffer.from((await early.read()) ?? []).toString()).toBe('cd');
    await clock.advanceAsync(120_000);
    await timedOut;
  });

  it('whose reader was given what it waited for, and then stays away, is noticed after 30 s as its fault', async () => {
    const { client, server, clock } = setup();
    const answer = client.serve(request('http://a.test/'));
    const origin = await server.accept();
    origin.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n');
    const { body } = await answer;
    const read = body.read();
    await settle();
    origin.send('ab');
    await read;
    origin.send('cd');
    await clock.advanceAsync(29_999);
    expect(client.gauges()[0]).toMatchObject({ open: 1 });
    await clock.advanceAsync(1);
    expect(Buffer.from((await body.read()) ?? []).toString()).toBe('cd');
    await expect(body.read()).rejects.toMatchObject({ code: 'LML_ERR_TIMEOUT', limit: 'bodyIdleTimeoutMs' });
  });

  it.each([
    ['keeps', '', true],
    ['ends', 'Connection: close\r\n', false],
  ])('that is given up and %s its connection frees it as soon as the rest has come', async (_what, field, isKept) => {
    const { client, server } = setup();
    const answer = client.serve(request('http://a.test/'));
    const origin = await server.accept();
    origin.send(`HTTP/1.1 200 OK\r\n${field}Content-Length: 4\r\n\r\nab`);
    (await answer).body.cancel();
    await settle();
    expect(client.gauges()[0]).toMatchObject({ open: 1, idle: 0 });
    origin.send('cd');
    await settle();
    expect(client.gauges()).toEqual(
      isKept ? [{ origin: 'http://a.test:80', open: 1, active: 0, idle: 1, streams: 0, waiting: 0 }] : [],
    );
  });
});
