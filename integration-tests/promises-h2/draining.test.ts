import { checkLedger } from '@lamella/net-core/testing';
import { settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openChain } from '../promises/support/chain.ts';
import { drainOrigin } from '../promises/support/drain-origin.ts';
import { checkProcess } from '../promises/support/process-failures.ts';
import { ask, WireHttp2Client } from './support/wire-http2-client.ts';

checkLedger({ beforeEach, afterEach });
checkProcess({ beforeEach, afterEach });

/** A server says first that it is going to leave, and one round trip later which request was the last. RFC 9113 section 6.8. */
const SOON = 'GOAWAY 2147483647 NO_ERROR';

describe('a drain of connections of HTTP/2', () => {
  it('goes on accepting to the last millisecond of the pre-drain, and tells nobody yet', async () => {
    const { chain, connect, end } = open();
    const drained = chain.lifecycle.drain({ preDrainMs: 1_000, graceMs: 5_000 });
    await chain.clock.advanceAsync(999);
    const late = await connect();
    await late.send(...ask('/late'));
    expect(late.contentOf(1)).toBe('GET /late');
    expect(late.lines.filter((line) => line.startsWith('GOAWAY'))).toEqual([]); // it would come back to this very server
    await chain.clock.advanceAsync(1);
    await expect(connect()).rejects.toMatchObject({ code: 'LML_ERR_CONNECT_REFUSED' });
    late.stream.destroy();
    await drained;
    await end();
  });

  it('ends idle connections when it is over: by GOAWAY in two steps and an end, never a reset', async () => {
    const { chain, connect, end } = open();
    const [used, fresh] = [await connect(), await connect()];
    await used.send(...ask('/'));
    const drained = chain.lifecycle.drain({ graceMs: 5_000 });
    await settle(8);
    expect(used.lines.slice(-2)).toEqual([SOON, 'GOAWAY 1 NO_ERROR']);
    expect(fresh.lines).toEqual([SOON, 'GOAWAY 0 NO_ERROR']);
    expect([used.ended, fresh.ended]).toEqual(['end', 'end']);
    for (const { stream } of [used, fresh]) stream.destroy();
    expect((await drained).protocols['h2']).toEqual({ finished: 0, closed: 2, cut: 0 });
    await end();
  });

  it('answers a request that crosses the first GOAWAY, POST too', async () => {
    const { chain, connect, end } = open();
    const client = await connect({ answersPings: false }); // it has not heard of it
    await client.send(...ask('/'));
    const drained = chain.lifecycle.drain({ graceMs: 5_000 });
    await client.send(...ask('/crossed', { streamId: 3, method: 'POST' }));
    expect(client.lines).toContain(SOON);
    expect(client.contentOf(3)).toBe('POST /crossed');
    expect(client.ended).toBe('no');
    await chain.clock.advanceAsync(1_000); // long enough for everybody who lives
    expect(client.lines.at(-1)).toBe('GOAWAY 3 NO_ERROR');
    expect(client.ended).toBe('end');
    client.stream.destroy();
    await drained;
    await end();
  });

  it('refuses nothing without saying so: what comes behind the last one is not answered, and GOAWAY has told', async () => {
    const { chain, connect, end } = open();
    const client = await connect();
    await client.send(...ask('/never'));
    const drained = chain.lifecycle.drain({ graceMs: 1_000 });
    await settle(8);
    expect(client.lines).toEqual([SOON, 'GOAWAY 1 NO_ERROR']);
    await client.send(...ask('/late', { streamId: 3, method: 'POST' }));
    expect(client.lines).toHaveLength(2);
    await chain.clock.advanceAsync(1_000);
    expect((await drained).protocols['h2']).toEqual({ finished: 0, closed: 0, cut: 1 });
    await end();
  });
});

describe('a response under way when a drain starts', () => {
  it.each(['/sized', '/chunked'])('%s is finished if that takes no longer than the grace', async (path) => {
    const { chain, finish, connect, end } = open();
    const client = await connect();
    await client.send(...ask(path), ...ask(path, { streamId: 3 }));
    const drained = chain.lifecycle.drain({ graceMs: 1_000 });
    await chain.clock.advanceAsync(999);
    expect([client.ended, client.contentOf(1)]).toEqual(['no', 'first ']);
    finish();
    await settle(8);
    expect([client.contentOf(1), client.contentOf(3)]).toEqual(['first second', 'first second']);
    expect(client.lines.filter((line) => line.endsWith(' END'))).toHaveLength(2);
    expect(client.ended).toBe('end');
    client.stream.destroy();
    expect((await drained).protocols['h2']).toEqual({ finished: 1, closed: 0, cut: 0 });
    await end();
  });

  it.each(['/sized', '/chunked'])('%s is reset when the grace is over, and never looks finished', async (path) => {
    const { chain, finish, connect, end } = open();
    const client = await connect();
    await client.send(...ask(path));
    const drained = chain.lifecycle.drain({ graceMs: 1_000 });
    await chain.clock.advanceAsync(999);
    expect(client.ended).toBe('no');
    await chain.clock.advanceAsync(1);
    expect(client.ended).toBe('reset');
    expect(client.lines.filter((line) => line.endsWith(' END'))).toEqual([]);
    expect((await drained).protocols['h2']).toEqual({ finished: 0, closed: 0, cut: 1 });
    finish();
    await end();
  });

  it('as an event stream ends in good order, at once, beside one that goes on', async () => {
    const { chain, finish, connect, end } = open();
    const client = await connect();
    await client.send(...ask('/events'), ...ask('/sized', { streamId: 3 }));
    const drained = chain.lifecycle.drain({ preDrainMs: 100, graceMs: 1_000 });
    await chain.clock.advanceAsync(99);
    expect(client.lines.filter((line) => line.endsWith(' END'))).toEqual([]);
    await chain.clock.advanceAsync(1);
    expect(client.contentOf(1)).toBe('data: 1\n\n');
    expect(client.lines).toContain('DATA "" END');
    expect(client.ended).toBe('no');
    finish();
    await settle(8);
    expect([client.contentOf(3), client.ended]).toEqual(['first second', 'end']);
    client.stream.destroy();
    expect((await drained).protocols['h2']).toEqual({ finished: 1, closed: 0, cut: 0 });
    await end();
  });
});

it('the report of a drain counts connections and tunnels of HTTP/2, within a second of the grace', async () => {
  const { chain, finish, connect, end } = open();
  const [idle, done, stuck, tunnels] = [await connect(), await connect(), await connect(), await connect('proxy')];
  await idle.send(...ask('/'));
  await done.send(...ask('/sized'));
  await stuck.send(...ask('/never'));
  for (const streamId of [1, 3]) {
    const start = streamId === 1 ? '' : `${streamId} `;
    await tunnels.send(`${start}HEADERS`, ':method: CONNECT', ':authority: origin.test:80');
  }
  expect(tunnels.lines.filter((line) => line === ':status: 200')).toHaveLength(2);

  const drained = chain.lifecycle.drain({ preDrainMs: 500, graceMs: 1_000 });
  await chain.clock.advanceAsync(1_499);
  // Tunnels have had the grace, and work to its last millisecond.
  await tunnels.send('DATA "GET / HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n" END');
  expect(tunnels.contentOf(1)).toMatch(/GET \/$/);
  expect(tunnels.lines.at(-1)).toBe('DATA "" END');
  finish();
  await settle(8);
  expect([idle.ended, done.ended, stuck.ended]).toEqual(['end', 'end', 'no']);
  for (const { stream } of [idle, done]) await stream.closeWrite();
  await settle(8);
  await chain.clock.advanceAsync(1);
  expect([stuck.ended, tunnels.ended]).toEqual(['reset', 'reset']);
  const { durationMs, protocols, unfinishedTasks } = await drained;
  expect({ durationMs, unfinishedTasks }).toEqual({ durationMs: 1_500, unfinishedTasks: [] });
  expect(protocols).toMatchObject({
    listener: { finished: 0, closed: 2, cut: 0 },
    h2: { finished: 1, closed: 1, cut: 2 }, // the last one carries the tunnels
    tunnel: { finished: 1, closed: 0, cut: 1 },
  });
  await end();
});

function open() {
  const { origin, finish } = drainOrigin();
  const chain = openChain({ origin, version: 'HTTP/2' });
  return {
    chain,
    finish,
    async connect(to: 'edge' | 'proxy' | { readonly answersPings: boolean } = 'edge'): Promise<WireHttp2Client> {
      const { stream } = await chain.connect(to === 'proxy' ? 'proxy.test:3128' : 'edge.test:80');
      const client = new WireHttp2Client(stream, typeof to === 'string' ? {} : to);
      await settle(8);
      return client;
    },
    async end(): Promise<void> {
      finish();
      await chain.close();
      expect(chain.clock.pendingTimers).toBe(0);
    },
  };
}
