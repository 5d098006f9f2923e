import { deflateRawSync } from 'node:zlib';
import type { HttpClient } from '@lamella/http';
import { httpClientOn } from '@lamella/http/testing';
import { checkLedger } from '@lamella/net-core/testing';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { acceptDeflate, deflateOptionsOf } from '../src/handshake/deflate-negotiation.ts';
import type { WebSocketConnection, WebSocketDeflateOptions } from '../src/index.ts';
import { connectWebSocket, deflateBudget, webSocketService } from '../src/index.ts';
import { BINARY, PING, TEXT } from './support/frames.ts';
import { openSocket } from './support/raw-peer.ts';

checkLedger({ beforeEach, afterEach });
const clients: HttpClient[] = [];
afterEach(() => clients.splice(0).forEach((client) => void client.destroy()));

/** A compressed message as RFC 7692 section 7.2.1 has it: without the empty block at its end. */
function compressed(data: Buffer): Buffer {
  return deflateRawSync(data, { finishFlush: 2 }).subarray(0, -4); // Z_SYNC_FLUSH
}

/** A server's end that has agreed on compression, and the raw frames of its client. */
function open(maxMessageBytes = 1_048_576) {
  const budget = deflateBudget({ maxBytes: 1_000_000 });
  const options = deflateOptionsOf({ budget });
  const offer = 'permessage-deflate; client_no_context_takeover';
  const accepted = options === undefined ? undefined : acceptDeflate(offer, options, maxMessageBytes);
  if (accepted === undefined) throw new Error('the offer is a good one');
  return { ...openSocket('server', { deflate: accepted.deflate, limits: { maxMessageBytes } }), budget };
}

async function end({ socket, peer, budget }: ReturnType<typeof open>): Promise<void> {
  socket.destroy();
  peer.stream.destroy();
  await socket.closed;
  await vi.waitFor(() => expect(budget.usedBytes).toBe(0), WAIT); // what is under way ends first
}

/** zlib works on threads of its own, so there is nothing to settle; what comes is waited for. */
async function seen(peer: ReturnType<typeof open>['peer'], count: number) {
  const frames = await peer.frames();
  await vi.waitFor(async () => {
    frames.push(...(await peer.frames()));
    expect(frames.length).toBeGreaterThanOrEqual(count);
  }, WAIT);
  return frames;
}

describe('compressed messages', () => {
  it.each<[string, WebSocketDeflateOptions]>([
    ['by default', {}],
    ['with contexts that are kept', { contextTakeover: true }],
    ['with everything compressed', { thresholdBytes: 0, windowBits: 15, memoryLevel: 9, level: 9 }],
    ['with the smallest windows', { thresholdBytes: 0, windowBits: 9, memoryLevel: 1, level: 1 }],
  ])('come as they went, in order: %s', async (_how, deflate) => {
    const clock = new FakeClock();
    const budget = deflateBudget({ maxBytes: 10_000_000 });
    const echo = webSocketService({
      clock,
      deflate: { ...deflate, budget },
      async onConnection(socket) {
        for await (const message of socket) void socket.send(message);
      },
    });
    const client = httpClientOn(echo, { clock });
    clients.push(client);
    const socket = await connectWebSocket(client, { url: 'ws://app.test/', clock, deflate: { ...deflate, budget } });
    expect([socket.isCompressed, budget.usedBytes > 0]).toEqual([true, true]);
    const messages = ['', 'short', 'long '.repeat(2_000), Buffer.alloc(100_000, 'ab'), 'κόσμε'.repeat(500), 'end'];
    for (const message of messages) void socket.send(message);
    void socket.send('not this one'.repeat(200), { compress: false });
    for (const message of [...messages, 'not this one'.repeat(200)]) expect(await socket.receive()).toEqual(message);
    expect(await socket.close()).toMatchObject({ code: 1000, wasClean: true });
    await vi.waitFor(() => expect(budget.usedBytes).toBe(0), WAIT);
  });

  it('are marked by RSV1, short ones are not compressed, and pings wait for their turn', async () => {
    const here = open();
    const first = here.socket.send('x'.repeat(5_000));
    expect(here.socket.bufferedBytes).toBe(5_000);
    void here.socket.send('short');
    void here.socket.ping(Buffer.from('p'));
    await first;
    const frames = await seen(here.peer, 3);
    expect(frames.map(({ opcode, rsv }) => [opcode, rsv])).toEqual([
      [TEXT, 4],
      [TEXT, 0],
      [PING, 0],
    ]);
    expect([frames[0]?.payload.length ?? 0, here.socket.bufferedBytes]).toEqual([expect.any(Number), 0]);
    expect(frames[0]?.payload.length).toBeLessThan(100);
    await end(here);
  });

  it('are finished before the close frame', async () => {
    const here = open();
    void here.socket.send('x'.repeat(5_000));
    void here.socket.close(4_000);
    const frames = await seen(here.peer, 2);
    expect(frames.map(({ opcode }) => opcode)).toEqual([TEXT, 8]);
    await end(here);
  });

  it('fail, with those behind, when the connection ends first', async () => {
    const here = open();
    const sends = [here.socket.send('x'.repeat(5_000)), here.socket.send('behind')];
    here.socket.destroy('over');
    expect(await Promise.allSettled(sends)).toEqual([
      { status: 'rejected', reason: 'over' },
      { status: 'rejected', reason: 'over' },
    ]);
    await end(here);
  });
});

// A few messages at a time are deflated or inflated, of all connections of the process: who does not give a turn back stops all others.
describe('a connection that ends in the middle', () => {
  const inflating = (here: ReturnType<typeof open>): void =>
    here.peer.send({ opcode: BINARY, rsv: 4, payload: compressed(Buffer.alloc(1_000_000)) });
  const deflating = ({ socket }: ReturnType<typeof open>): void => {
    for (let sent = 0; sent < 20; sent++) void socket.send('x'.repeat(50_000));
  };
  const both = (here: ReturnType<typeof open>): void => {
    deflating(here);
    inflating(here);
  };

  it.each<[string, (here: ReturnType<typeof open>) => void]>([
    ['inflating', inflating],
    ['deflating, with more behind', deflating],
    ['both', both],
  ])('of %s leaves the others as they are', async (_what, begin) => {
    for (let round = 0; round < 15; round++) {
      const here = open();
      begin(here);
      await settle();
      await end(here);
    }
    const other = open();
    other.peer.send({ opcode: TEXT, rsv: 4, payload: compressed(Buffer.from('hello')) });
    expect(await other.socket.receive()).toBe('hello');
    void other.socket.send('x'.repeat(5_000));
    expect(await seen(other.peer, 1)).toMatchObject([{ opcode: TEXT, rsv: 4 }]);
    await end(other);
  });
});

describe('attacks by compression', () => {
  it('with more than maxMessageBytes behind a few bytes end with 1009', async () => {
    const here = open(100_000);
    here.peer.send({ opcode: BINARY, rsv: 4, payload: compressed(Buffer.alloc(100_000)) });
    await vi.waitFor(async () => expect(await here.socket.receive()).toHaveLength(100_000), WAIT);
    const bomb = compressed(Buffer.alloc(50_000_000));
    expect(bomb.length).toBeLessThan(100_000);
    here.peer.send({ opcode: BINARY, rsv: 4, payload: bomb });
    const [close] = await seen(here.peer, 1);
    expect(close?.payload.readUInt16BE(0)).toBe(1_009);
    await end(here);
  });

  it('with what is no deflate end with 1007, as does text that is none', async () => {
    for (const payload of [Buffer.from([0xff, 0xff, 0xff, 0xff]), compressed(Buffer.from([0xff, 0xfe]))]) {
      const here = open();
      here.peer.send({ opcode: TEXT, rsv: 4, payload });
      const [close] = await seen(here.peer, 1);
      expect(close?.payload.readUInt16BE(0)).toBe(1_007);
      await end(here);
    }
  });

  it('with RSV1 on a continuation or a ping end with 1002', async () => {
    for (const bad of [
      { opcode: 0, rsv: 4 },
      { opcode: PING, rsv: 4 },
    ]) {
      const here = open();
      here.peer.send({ opcode: TEXT, payload: 'a', fin: false }, bad);
      const [close] = await seen(here.peer, 1);
      expect(close?.payload.readUInt16BE(0)).toBe(1_002);
      await end(here);
    }
  });

  it('with many small bombs in one packet inflate no more than somebody takes', async () => {
    const here = open();
    const bomb = { opcode: BINARY, rsv: 4, payload: compressed(Buffer.alloc(1_000_000)) };
    here.peer.send(...Array.from({ length: 40 }, () => bomb));
    const first = await take(here.socket);
    expect(first).toHaveLength(1_000_000);
    const before = process.memoryUsage().arrayBuffers;
    for (let turn = 0; turn < 50; turn++) await settle();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
    for (let index = 1; index < 40; index++) expect(await take(here.socket)).toHaveLength(1_000_000);
    await end(here);
  });
});

async function take(socket: WebSocketConnection): Promise<Uint8Array> {
  return Buffer.from((await socket.receive()) ?? '');
}

const WAIT = { timeout: 20_000, interval: 1 };
