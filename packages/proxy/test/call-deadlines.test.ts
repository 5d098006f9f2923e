import { createHttpClient, HttpRequest, HttpResponse, http1, httpServerLayer } from '@lamella/http';
import type { Connection } from '@lamella/net-core';
import { ConnectError, createConnection, memoryPipe } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import type { Service } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reverseProxyService, upstreamGroup } from '../src/index.ts';

checkLedger({ beforeEach, afterEach });

type Http = Service<HttpRequest, HttpResponse>;

/** A next server that can't be connected to before the test says so. */
function lateServer() {
  const clock = new FakeClock();
  const heard: Record<string, string>[] = [];
  const origin = httpServerLayer({ clock })({
    async serve({ headers }: HttpRequest) {
      heard.push(Object.fromEntries([...headers].filter(([name]) => name.includes('timeout'))));
      return HttpResponse.text('');
    },
  });
  const waiting: { connect: () => void; fail: () => void }[] = [];
  const connector = {
    serve: () =>
      new Promise<Connection>((resolve, reject) => {
        waiting.push({
          connect() {
            const [near, far] = memoryPipe();
            void origin.serve(createConnection(far));
            resolve(createConnection(near));
          },
          fail: () => reject(new ConnectError('LML_ERR_CONNECT_REFUSED', 'refused', { phase: 'connect' })),
        });
      }),
  };
  const client = createHttpClient({ connector, protocols: [http1()], clock });
  /** Asks, and lets it wait for a connection for a while. */
  async function ask(proxy: Http, fields: Record<string, string>, waitMs: number): Promise<void> {
    const served = proxy.serve(callWith(fields));
    await settle(8);
    clock.advance(waitMs);
    waiting.shift()?.connect();
    await (await served).body.text();
  }
  return { clock, client, heard, waiting, ask };
}

function callWith(fields: Record<string, string>): HttpRequest {
  const headers = { host: 'a.test', 'content-type': 'application/grpc', ...fields };
  return HttpRequest.from({ method: 'POST', target: '/s/m', headers });
}

const ROUTES = [{ to: 'http://origin.test' }];

describe('a call that waits in a proxy', () => {
  it.each([
    [{ 'grpc-timeout': '1S' }, 700, { 'grpc-timeout': '300m' }],
    [{ 'grpc-timeout': '1000000u' }, 700.5, { 'grpc-timeout': '300m' }], // never less than is left
    [{ 'grpc-timeout': '99999999n' }, 50, { 'grpc-timeout': '50m' }],
    [{ 'grpc-timeout': '2M' }, 20_000, { 'grpc-timeout': '100000m' }],
    [{ 'grpc-timeout': '1H' }, 1, { 'grpc-timeout': '3599999m' }],
    [{ 'grpc-timeout': '1S' }, 1_000, { 'grpc-timeout': '1m' }], // it is over: the next server says so
    [{ 'grpc-timeout': '1S' }, 5_000, { 'grpc-timeout': '1m' }],
    [{ 'grpc-timeout': '0S' }, 100, { 'grpc-timeout': '0S' }],
    [{ 'grpc-timeout': '1S' }, 0.9, { 'grpc-timeout': '1S' }],
    [{ 'grpc-timeout': '99999999H' }, 5_000, { 'grpc-timeout': '99999999H' }],
    [{ 'grpc-timeout': '28H' }, 5_000, { 'grpc-timeout': '28H' }],
    [{ 'grpc-timeout': '100000000u' }, 5_000, { 'grpc-timeout': '100000000u' }], // nine digits
    [{ 'grpc-timeout': '-1S' }, 5_000, { 'grpc-timeout': '-1S' }],
    [{ 'grpc-timeout': '' }, 5_000, { 'grpc-timeout': '' }],
    [{ 'connect-timeout-ms': '1000' }, 700, { 'connect-timeout-ms': '300' }],
    [{ 'connect-timeout-ms': '1000' }, 2_000, { 'connect-timeout-ms': '1' }],
    [{ 'connect-timeout-ms': '1e3' }, 700, { 'connect-timeout-ms': '1e3' }],
    [{ 'x-timeout': '1S' }, 700, { 'x-timeout': '1S' }],
  ])('with %j for %d ms goes on with %j', async (fields, waitMs, sent) => {
    const { client, heard, ask, clock } = lateServer();
    await ask(reverseProxyService({ client, routes: ROUTES, clock }), fields, waitMs);
    expect(heard).toEqual([sent]);
    await client.close();
  });

  it('is sent with what is left behind attempts that have failed', async () => {
    const { client, heard, waiting, clock } = lateServer();
    const servers = [{ url: 'http://a.test' }, { url: 'http://b.test' }];
    const upstream = upstreamGroup({ name: 'group', client, servers, clock, random: () => 0.5 });
    const proxy = reverseProxyService({ client, routes: [{ upstream }], clock });
    const startMs = clock.nowMs();
    const served = proxy.serve(callWith({ 'grpc-timeout': '1S' }));
    await settle(8);
    clock.advance(400);
    waiting.shift()?.fail();
    while (waiting.length === 0) await clock.advanceAsync(1);
    clock.advance(200);
    waiting.shift()?.connect();
    expect((await served).status).toBe(200);
    const left = Number.parseInt(heard[0]?.['grpc-timeout'] ?? '', 10);
    expect(left).toBeLessThanOrEqual(400);
    expect(left).toBe(1_000 - Math.floor(clock.nowMs() - startMs));
    await client.close();
  });

  it('is told once what has passed, through however many proxies in one program', async () => {
    const { client, heard, clock, ask } = lateServer();
    const inner = reverseProxyService({ client, routes: ROUTES, clock, pseudonym: 'b' });
    const outer = reverseProxyService({ client: inner, routes: ROUTES, clock, pseudonym: 'a', trustsForwarded: true });
    await ask(outer, { 'grpc-timeout': '1S' }, 700);
    expect(heard).toEqual([{ 'grpc-timeout': '300m' }]);
    await client.close();
  });

  it.each([
    ['grpc-timeout', '1S', 'connect-timeout-ms', '1000', '300'],
    ['connect-timeout-ms', '1000', 'grpc-timeout', '1S', '300m'],
  ])('that came with %s is told what is left where the next server speaks the other protocol', async (...names) => {
    const [came, value, goes, translated, left] = names;
    const { client, heard, clock, ask } = lateServer();
    const translating = {
      serve(request: HttpRequest) {
        const headers = request.headers.clone();
        headers.delete(came);
        headers.set(goes, translated);
        return client.serve(request.with({ headers }));
      },
    };
    await ask(reverseProxyService({ client: translating, routes: ROUTES, clock }), { [came]: value }, 700);
    expect(heard).toEqual([{ [goes]: left }]);
    await client.close();
  });

  it('goes on with what an edit has written, if that is less', async () => {
    const { client, heard, clock, ask } = lateServer();
    const editRequest = (headers: HttpRequest['headers']) => headers.set('grpc-timeout', '500m');
    await ask(reverseProxyService({ client, routes: ROUTES, clock, editRequest }), { 'grpc-timeout': '9S' }, 200);
    expect(heard).toEqual([{ 'grpc-timeout': '300m' }]);
    await client.close();
  });
});
