import type { HttpClientOptions } from '@lamella/http';
import { createHttpClient, HttpRequest } from '@lamella/http';
import { createConnection, memoryPipe } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { http2 } from '../src/index.ts';
import { data, goaway, headers, PREFACE, reset, SETTINGS_ACK, settings } from './support/frames.ts';
import { RawEnd } from './support/raw-end.ts';

checkLedger({ beforeEach, afterEach });

describe('a server that takes nothing for now', () => {
  it('is dialled once, and gets who has waited when it takes requests again', async () => {
    const { client, ends, ask } = setup([]);
    const asked = [ask('/a'), ask('/b'), ask('/c')];
    await settle(4);
    await ends[0]?.send(...NOTHING_NOW, ...[1, 3, 5].map((id) => reset(id, REFUSED_STREAM)));
    asked.push(ask('/d'), ask('/e'));
    await settle(4);
    expect(client.gauges()).toMatchObject([{ open: 1, active: 0, idle: 1, waiting: 5 }]);
    expect(ends).toHaveLength(1);

    await ends[0]?.takeFrames();
    await ends[0]?.send(settings([MAX_STREAMS, 10]));
    for (const id of [7, 9, 11, 13, 15]) await ends[0]?.send(headers(id, [':status', '204'], { end: true }));
    expect(await Promise.all(asked)).toEqual([204, 204, 204, 204, 204]);
    expect(ends).toHaveLength(1);
    await client.close();
  });

  it('keeps nobody longer than the queue does, nor its connection longer than an idle one', async () => {
    const { client, clock, ends, ask } = setup([], { acquireTimeoutMs: 1_000 });
    const first = ask('/a').catch((error: unknown) => error);
    await settle(4);
    await ends[0]?.send(...NOTHING_NOW, reset(1, REFUSED_STREAM));
    clock.advance(1_000);
    expect(await first).toMatchObject({ code: 'LML_ERR_TIMEOUT', limit: 'acquireTimeoutMs' });
    expect(client.gauges()).toMatchObject([{ open: 1, idle: 1, waiting: 0 }]);
    clock.advance(50_000);
    await settle(4);
    expect(client.gauges()).toEqual([]);
    expect(ends[0]?.ended).not.toBe('no');
    await client.close();
  });

  it('has more who wait refused, as any queue has', async () => {
    const { client, ends, ask } = setup([], { maxWaitingPerOrigin: 1 });
    const first = ask('/a').catch((error: unknown) => error);
    await settle(4);
    await ends[0]?.send(...NOTHING_NOW, reset(1, REFUSED_STREAM));
    await expect(ask('/b')).rejects.toMatchObject({ limit: 'maxWaitingPerOrigin', maximum: 1 });
    client.destroy(new Error('enough'));
    expect(await first).toMatchObject({ message: 'enough' });
    await settle(4);
  });
});

describe('a connection that is leaving while a long response comes by it', () => {
  it.each<[string, Partial<HttpClientOptions>]>([
    ['maxConnectionsPerOrigin', { maxConnectionsPerOrigin: 1 }],
    ['maxConnections', { maxConnections: 1 }],
  ])('holds no place of the only one of %s; twice as many are the most', async (_, options) => {
    const { client, ends, ask } = setup([settings(), SETTINGS_ACK], options);
    const long = ask('/long');
    await settle(4);
    await ends[0]?.send(headers(1, [':status', '200']));
    expect(await long).toBe(200);
    await ends[0]?.send(goaway(1, NO_ERROR));

    const next = ask('/next');
    await settle(4);
    expect(ends).toHaveLength(2);
    await ends[1]?.send(headers(1, [':status', '200']));
    expect(await next).toBe(200);
    await ends[1]?.send(goaway(1, NO_ERROR));

    const third = ask('/third');
    await settle(4);
    expect(ends).toHaveLength(2);
    await ends[0]?.send(data(1, 'end', { end: true })); // one of both has gone
    await settle(4);
    expect(ends).toHaveLength(3);
    await ends[2]?.send(headers(1, [':status', '204'], { end: true }));
    expect(await third).toBe(204);
    client.destroy();
    await settle(4);
  });

  it('holds its place where the server takes one request at a time', async () => {
    const { client, ends, ask } = setup([settings([MAX_STREAMS, 1]), SETTINGS_ACK], { maxConnectionsPerOrigin: 1 });
    const long = ask('/long');
    await settle(4);
    await ends[0]?.send(headers(1, [':status', '200']));
    expect(await long).toBe(200);
    await ends[0]?.send(goaway(1, NO_ERROR));
    const next = ask('/next').catch((error: unknown) => error);
    await settle(4);
    expect(ends).toHaveLength(1);
    client.destroy(new Error('enough'));
    await next;
    await settle(4);
  });
});

/** A client of servers by script, each of which says `greeting` first. */
function setup(greeting: readonly Uint8Array[], options: Partial<HttpClientOptions> = {}) {
  const clock = new FakeClock();
  const ends: RawEnd[] = [];
  const connector = {
    async serve() {
      const [near, far] = memoryPipe({ clock });
      const end = new RawEnd(far, undefined, PREFACE);
      ends.push(end);
      void end.read().then(() => far.destroy());
      void end.send(...greeting);
      return createConnection(near);
    },
  };
  const client = createHttpClient({ connector, protocols: [http2()], clock, ...options });
  /** @returns The status; the content stays where it is. */
  const ask = async (path: string): Promise<number> => {
    const { status } = await client.serve(HttpRequest.from({ target: `http://a.test${path}` }));
    return status;
  };
  return { client, clock, ends, ask };
}

const MAX_STREAMS = 3;
const NOTHING_NOW = [settings([MAX_STREAMS, 0]), SETTINGS_ACK];
const NO_ERROR = 0;
const REFUSED_STREAM = 7;
