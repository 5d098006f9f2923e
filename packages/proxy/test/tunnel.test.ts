import { patternBytes } from '@lamella/net-core/testing';
import { settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ForwardProxyOptions } from '../src/index.ts';
import type { WireEnd } from './support/wire-end.ts';
import type { World, WorldOptions } from './support/world.ts';
import { worlds } from './support/world.ts';

const newWorld = worlds({ beforeEach, afterEach });

describe('what comes with the CONNECT head', () => {
  const stream = `${CONNECT_HEAD()}first bytes\r\n\r\nGET / HTTP/1.1`;

  it('reaches the far end the same, cut anywhere', async () => {
    const payload = stream.slice(CONNECT_HEAD().length);
    for (let cut = 1; cut <= stream.length; cut++) {
      const world = newWorld().forward();
      const origin = world.origin('origin.test:443');
      const client = await world.connect();
      client.send(stream.slice(0, cut));
      if (cut % 2 === 0) await settle(2); // apart, or right behind each other
      client.send(stream.slice(cut));
      client.end();
      const server = await origin.accept();
      await settle(4);
      expect(server.text, `cut at ${cut}`).toBe(payload);
      expect(server.ended).toBe('end');
      server.end();
      await settle(4);
      expect(world.outcomes).toEqual([
        expect.objectContaining({ reason: 'eof', bytesUp: payload.length, bytesDown: 0 }),
      ]);
      await world.close();
    }
  });

  it('reaches the far end the same, one byte at a time', async () => {
    const world = newWorld().forward();
    const origin = world.origin('origin.test:443');
    const client = await world.connect();
    for (const byte of stream) client.send(byte);
    expect(await (await origin.accept()).take()).toBe(stream.slice(CONNECT_HEAD().length));
  });

  it('may be the first word of the far end, right behind 200', async () => {
    const { client, server } = await tunnel();
    server.send('SSH-2.0');
    expect(await client.take()).toBe('SSH-2.0');
  });
});

describe('a tunnel', () => {
  it('carries bytes both ways, and tells exactly how many and how it ended', async () => {
    const { world, client, server } = await tunnel();
    const up = patternBytes(300_000);
    const down = patternBytes(200_001);
    client.send(up);
    await world.clock.advanceAsync(30);
    server.send(down);
    expect(await server.take()).toBe(Buffer.from(up).toString('latin1'));
    expect(await client.take()).toBe(Buffer.from(down).toString('latin1'));
    await world.clock.advanceAsync(70);
    client.end();
    server.end();
    await settle(8);
    expect(world.outcomes).toEqual([
      { reason: 'eof', bytesUp: 300_000, bytesDown: 200_001, ageMs: 100, firstByteMs: 30 },
    ]);
  });

  it('lets a client end first, and the answer still come', async () => {
    const { world, client, server } = await tunnel();
    client.send('question');
    client.end();
    expect(await server.take()).toBe('question');
    expect(server.ended).toBe('end');
    server.send('answer');
    expect(await client.take()).toBe('answer');
    expect(client.ended).toBe('no');
    server.end();
    await settle(4);
    expect(client.ended).toBe('end');
    expect(world.outcomes).toMatchObject([{ reason: 'eof', bytesUp: 8, bytesDown: 6 }]);
  });

  it('lets a server end first, and the client go on', async () => {
    const { world, client, server } = await tunnel();
    server.send('that is all');
    server.end();
    expect(await client.take()).toBe('that is all');
    expect(client.ended).toBe('end');
    client.send('bye');
    client.end();
    expect(await server.take()).toBe('bye');
    expect(world.outcomes).toMatchObject([{ reason: 'eof', bytesUp: 3, bytesDown: 11 }]);
  });

  it('passes a reset of the client on', async () => {
    const { world, client, server } = await tunnel();
    client.send('half a ');
    await settle(4);
    client.reset();
    await settle(4);
    expect(server.ended).toBe('reset');
    expect(world.outcomes).toMatchObject([{ reason: 'downstream-failed', bytesUp: 7, bytesDown: 0 }]);
  });

  it('passes a reset of the server on', async () => {
    const { world, client, server } = await tunnel();
    server.send('half an ');
    await settle(4);
    server.reset();
    await settle(4);
    expect(client.ended).toBe('reset');
    expect(world.outcomes).toMatchObject([
      { reason: 'upstream-failed', bytesUp: 0, bytesDown: 8, error: { code: 'LML_ERR_STREAM_RESET' } },
    ]);
  });

  it('passes a reset on after one side has ended in good order', async () => {
    const { world, client, server } = await tunnel();
    client.end();
    await settle(4);
    server.reset();
    await settle(4);
    expect(client.ended).toBe('reset');
    expect(world.outcomes).toMatchObject([{ reason: 'upstream-failed' }]);
  });

  it('that is idle is reaped at its limit; every byte, either way, starts it anew', async () => {
    const { world, client, server } = await tunnel({ idleTimeoutMs: 1_000 });
    for (const end of [client, server, client]) {
      await world.clock.advanceAsync(999);
      end.send('.');
      await settle(4);
    }
    await world.clock.advanceAsync(999);
    expect(world.outcomes).toEqual([]);
    await world.clock.advanceAsync(1);
    expect(world.outcomes).toMatchObject([
      { reason: 'idle-timeout', bytesUp: 2, bytesDown: 1, ageMs: 3_997, error: { limit: 'idleTimeoutMs' } },
    ]);
    expect([client.ended, server.ended]).toEqual(['reset', 'reset']);
  });

  it('that is idle lives for 300 s by default', async () => {
    const { world, client } = await tunnel();
    await world.clock.advanceAsync(299_999);
    expect(client.ended).toBe('no');
    await world.clock.advanceAsync(1);
    expect(client.ended).toBe('reset');
  });

  it('whose far end says nothing is reaped earlier, if told so', async () => {
    const { world, client } = await tunnel({ firstByteTimeoutMs: 50 });
    client.send('anybody there?');
    await world.clock.advanceAsync(49);
    expect(world.outcomes).toEqual([]);
    await world.clock.advanceAsync(1);
    expect(world.outcomes).toMatchObject([{ reason: 'first-byte-timeout', bytesUp: 14, firstByteMs: undefined }]);
  });

  it('makes a fast sender wait for a slow receiver, and loses nothing', async () => {
    const { client, server } = await tunnel({}, { windowBytes: 10_000 }, { reads: false });
    let sent = 0;
    const chunk = patternBytes(1_000);
    let room: Promise<void> | undefined;
    while (room === undefined && sent < 1_000) {
      room = client.offer(chunk);
      sent++;
      await settle(2);
    }
    expect(sent).toBeLessThan(100); // what two windows and one chunk in between can hold, and no more
    let isFree = false;
    void room?.then(() => {
      isFree = true;
    });
    await settle(8);
    expect(isFree).toBe(false);
    server.startReading();
    await settle(8);
    expect(isFree).toBe(true);
    expect(server.bytesReceived).toBe(sent * 1_000);
  });

  it('is cut when the grace of a drain is over', async () => {
    const world = newWorld();
    const { client, server } = await tunnelIn(world, { relay: { clock: world.clock, lifecycle: world.lifecycle } });
    const report = world.lifecycle.drain({ graceMs: 500 });
    await world.clock.advanceAsync(499);
    server.send('still here');
    expect(await client.take()).toBe('still here');
    await world.clock.advanceAsync(1);
    expect(client.ended).toBe('reset');
    expect(world.outcomes).toMatchObject([{ reason: 'aborted', bytesDown: 10 }]);
    expect((await report).protocols).toMatchObject({ tunnel: { cut: 1 } });
  });

  it('tells which request it was for, and a hook that fails takes nothing down', async () => {
    const heard: string[] = [];
    const world = newWorld();
    const bug = new Error('a bug in the hook');
    const { client, server } = await tunnelIn(world, {
      onRelayEnd: (outcome, request) => {
        heard.push(`${request.target} ${outcome.reason}`);
        throw bug;
      },
    });
    client.end();
    server.end();
    await settle(8);
    expect(heard).toEqual(['origin.test:443 eof']);
    expect(world.errors).toEqual([bug]);
  });
});

interface Tunnel {
  readonly world: World;
  readonly client: WireEnd;
  readonly server: WireEnd;
}

function tunnel(
  relay: ForwardProxyOptions['relay'] = {},
  options: WorldOptions = {},
  far: { readonly reads?: boolean } = {},
): Promise<Tunnel> {
  const world = newWorld(options);
  return tunnelIn(world, { relay: { clock: world.clock, ...relay } }, far);
}

async function tunnelIn(
  world: World,
  options: Partial<ForwardProxyOptions>,
  far: { readonly reads?: boolean } = {},
): Promise<Tunnel> {
  world.forward(options);
  const origin = world.origin('origin.test:443');
  const client = await world.connect();
  client.send(CONNECT_HEAD());
  const server = await origin.accept(far);
  await client.receiveHead();
  return { world, client, server };
}

/** A function, since it is used while the file loads. */
function CONNECT_HEAD(): string {
  return 'CONNECT origin.test:443 HTTP/1.1\r\nHost: origin.test:443\r\n\r\n';
}
