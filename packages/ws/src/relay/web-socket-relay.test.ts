import { HttpRequest } from '@lamella/http';
import type { RelayOptions, RelayOutcome } from '@lamella/net-core';
import { createConnection, memoryPipe } from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { AbortScope, createLifecycle } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BINARY, PING, PONG, TEXT } from '../../test/support/frames.ts';
import { RawPeer } from '../../test/support/raw-peer.ts';
import type { InspectWebSocket, WebSocketRelayOptions } from '../index.ts';
import { webSocketRelay } from '../index.ts';

checkLedger({ beforeEach, afterEach });

const handshake = HttpRequest.from({
  target: 'http://origin.test/chat',
  headers: { Upgrade: 'websocket', 'Sec-WebSocket-Extensions': 'permessage-deflate', 'X-Kept': '1' },
});

/** A relay between two ends that a test plays. */
function open(options: WebSocketRelayOptions = {}, how: RelayOptions = {}) {
  const clock = new FakeClock();
  const [client, downstream] = memoryPipe({ clock });
  const [upstream, server] = memoryPipe({ clock });
  const scope = new AbortScope();
  const { inspect = () => 'pass' as const } = options;
  const join = webSocketRelay({ ...options, inspect }).prepare(handshake, handshake.headers.clone());
  if (join === undefined) throw new Error('the relay takes every WebSocket');
  let outcome: RelayOutcome | undefined;
  const done = join(createConnection(downstream), createConnection(upstream), { scope, clock, ...how }).then(
    (ended) => {
      outcome = ended;
      return ended;
    },
  );
  const near = new RawPeer(client, true);
  const far = new RawPeer(server, false);
  void near.startReading();
  void far.startReading();
  return { near, far, clock, scope, done, outcome: () => outcome };
}

/** Ends the streams of both ends, and shows that nothing is left. */
async function end({ near, far, clock, done }: ReturnType<typeof open>): Promise<RelayOutcome> {
  await settle(8);
  void near.stream.closeWrite();
  void far.stream.closeWrite();
  await settle(8);
  near.stream.destroy();
  far.stream.destroy();
  const outcome = await done;
  expect(clock.pendingTimers).toBe(0);
  return outcome;
}

describe('a relay of messages', () => {
  it('carries text, bytes, pings and pongs both ways, and answers none of them itself', async () => {
    const relay = open();
    relay.near.send({ opcode: TEXT, payload: 'up' }, { opcode: PING, payload: 'are you there' });
    expect((await relay.far.seen()).sort()).toEqual(['ping are you there', 'text up']);
    expect(await relay.near.seen()).toEqual([]);
    relay.far.send({ opcode: PONG, payload: 'are you there' }, { opcode: BINARY, payload: 'down' });
    expect((await relay.near.seen()).sort()).toEqual(['binary down', 'pong are you there']);
    relay.near.close(1000);
    relay.far.close(1000);
    expect(await end(relay)).toMatchObject({ reason: 'eof', bytesUp: 8 + 19 + 8, bytesDown: 15 + 6 + 4 });
  });

  it('puts fragments together, and masks only upstream', async () => {
    const relay = open();
    relay.near.send({ opcode: TEXT, payload: 'a', fin: false }, { opcode: 0, payload: 'b' });
    const [up] = await relay.far.frames();
    relay.far.send({ opcode: TEXT, payload: 'c' });
    const [down] = await relay.near.frames();
    expect([up?.payload.toString(), up?.masked, down?.masked]).toEqual(['ab', true, false]);
    relay.near.close(1000);
    relay.far.close(1000);
    await end(relay);
  });

  it.each([
    ['near', 4001, 'bye'],
    ['far', 4002, 'gone'],
    ['near', 1012, ''],
  ] as const)('passes on who closes how: %s, %d', async (side, code, reason) => {
    const relay = open();
    const other = side === 'near' ? relay.far : relay.near;
    relay[side].send({ opcode: TEXT, payload: 'last words' });
    relay[side].close(code, reason);
    expect(await other.seen()).toEqual(['text last words', `close ${code} ${reason}`.trimEnd()]);
    other.close(code, reason);
    expect(await relay[side].seen()).toEqual([`close ${code}`]);
    expect(await end(relay)).toMatchObject({ reason: 'eof' });
  });

  it('passes on a close without a code', async () => {
    const relay = open();
    relay.near.send({ opcode: 8 });
    expect(await relay.far.seen()).toEqual(['close']);
    relay.far.send({ opcode: 8 });
    expect(await end(relay)).toMatchObject({ reason: 'eof' });
  });

  it('ends the other side without a close frame where one leaves without', async () => {
    const relay = open();
    relay.far.stream.destroy(new Error('gone'));
    const outcome = await relay.done;
    expect(outcome).toMatchObject({ reason: 'upstream-failed' });
    await settle();
    expect([await relay.near.seen(), relay.near.ended]).toEqual([[], 'reset']);
    await end(relay);
  });

  it('closes both sides with the code of a broken rule', async () => {
    const relay = open();
    relay.near.send({ opcode: TEXT, payload: Buffer.from([0xff]) });
    expect([await relay.near.seen(), await relay.far.seen()]).toEqual([['close 1007'], ['close 1007']]);
    relay.far.close(1007);
    expect(await end(relay)).toMatchObject({
      reason: 'downstream-failed',
      error: { code: 'LML_ERR_WEBSOCKET_BAD_UTF8' },
    });
  });

  it('holds limits: a message that is too long is closed with 1009', async () => {
    const relay = open({ limits: { maxMessageBytes: 10 } });
    relay.far.send({ opcode: TEXT, payload: 'x'.repeat(11) });
    expect([await relay.near.seen(), await relay.far.seen()]).toEqual([['close 1009'], ['close 1009']]);
    expect((await end(relay)).reason).toBe('upstream-failed');
  });

  it('stops a sender whose receiver takes nothing', async () => {
    const relay = open();
    const message = relay.near.encode({ opcode: BINARY, payload: Buffer.alloc(10_000) });
    const gate = Promise.withResolvers<void>();
    const held = open({ inspect: () => gate.promise.then(() => 'pass' as const) });
    let sent = 0;
    const sending = (async () => {
      for (; sent < 100; sent++) await held.near.stream.write([message]);
    })();
    await settle(50);
    expect(sent).toBeLessThan(30);
    gate.resolve();
    await sending;
    await settle(200);
    expect(await held.far.frames()).toHaveLength(100);
    for (const each of [relay, held]) {
      each.near.close(1000);
      each.far.close(1000);
      await end(each);
    }
  });

  it('ends when nothing moves for the idle timeout of the proxy; pings are something', async () => {
    const relay = open({}, { idleTimeoutMs: 1_000 });
    await relay.clock.advanceAsync(999);
    relay.near.send({ opcode: PING });
    await relay.clock.advanceAsync(999);
    expect((await relay.near.seen()).concat(await relay.far.seen())).toEqual(['ping ']);
    await relay.clock.advanceAsync(1);
    expect(await relay.far.seen()).toEqual(['close 1001 idle for too long']);
    relay.near.close(1001);
    relay.far.close(1001);
    expect(await end(relay)).toMatchObject({ reason: 'idle-timeout', error: { limit: 'idleTimeoutMs' } });
  });

  it('is closed with 1001 on both sides by a drain', async () => {
    const clock = new FakeClock();
    const lifecycle = createLifecycle({ clock });
    const relay = open({}, { lifecycle });
    const report = lifecycle.drain({ graceMs: 1_000 });
    expect(await relay.near.seen()).toEqual(['close 1001']);
    relay.near.close(1001);
    expect(await relay.far.seen()).toEqual(['close 1001']);
    relay.far.close(1001);
    await end(relay);
    expect((await report).protocols).toEqual({ websocket: { finished: 1, closed: 0, cut: 0 } });
  });

  it('ends at once when its scope is aborted', async () => {
    const relay = open();
    relay.scope.abort('over');
    expect(await relay.done).toMatchObject({ reason: 'aborted', error: 'over' });
    await settle();
    expect([relay.near.ended, relay.far.ended]).toEqual(['reset', 'reset']);
    await end(relay);
  });
});

describe('an inspection', () => {
  it('sees every message with its direction and the request, and decides what becomes of it', async () => {
    const seen: unknown[] = [];
    const inspect: InspectWebSocket = async ({ direction, data, request }) => {
      seen.push([direction, data, request.headers.get('x-kept')]);
      await Promise.resolve();
      if (data === 'drop me') return 'drop';
      return data === 'change me' ? { data: Buffer.from('changed') } : 'pass';
    };
    const relay = open({ inspect });
    for (const payload of ['as it is', 'drop me', 'change me']) relay.near.send({ opcode: TEXT, payload });
    expect(await relay.far.seen()).toEqual(['text as it is', 'binary changed']);
    relay.far.send({ opcode: TEXT, payload: 'drop me' }, { opcode: TEXT, payload: 'answer' });
    expect(await relay.near.seen()).toEqual(['text answer']);
    expect(seen).toEqual([
      ['up', 'as it is', '1'],
      ['up', 'drop me', '1'],
      ['up', 'change me', '1'],
      ['down', 'drop me', '1'],
      ['down', 'answer', '1'],
    ]);
    relay.near.close(1000);
    relay.far.close(1000);
    await end(relay);
  });

  it('keeps the order of messages however long each of them takes', async () => {
    const relay = open({
      async inspect({ data }) {
        if (data === 'slow') await settle(3);
        return 'pass' as const;
      },
    });
    relay.near.send({ opcode: TEXT, payload: 'slow' }, { opcode: TEXT, payload: 'quick' });
    await settle(8);
    expect(await relay.far.seen()).toEqual(['text slow', 'text quick']);
    relay.near.close(1000);
    relay.far.close(1000);
    await end(relay);
  });

  it('ends both sides with a close of its own', async () => {
    const relay = open({ inspect: () => ({ close: { code: 1008, reason: 'not here' } }) });
    relay.near.send({ opcode: TEXT, payload: 'x' }, { opcode: TEXT, payload: 'y' });
    expect([await relay.near.seen(), await relay.far.seen()]).toEqual([
      ['close 1008 not here'],
      ['close 1008 not here'],
    ]);
    relay.near.close(1008);
    relay.far.close(1008);
    expect(await end(relay)).toMatchObject({ reason: 'eof' });
  });

  it.each<[string, InspectWebSocket]>([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    ['rejects', () => Promise.reject(new Error('broken'))],
    ['asks for a close that may not be sent', () => ({ close: { code: 1006 } })],
    ['gives what is no message', () => ({ data: 7 as unknown as string })],
  ])('that %s lets nothing through, and ends both sides with 1011', async (_what, inspect) => {
    const relay = open({ inspect });
    relay.near.send({ opcode: TEXT, payload: 'x' });
    expect([await relay.near.seen(), await relay.far.seen()]).toEqual([
      ['close 1011 the inspection failed'],
      ['close 1011 the inspection failed'],
    ]);
    relay.near.close(1011);
    relay.far.close(1011);
    expect(await end(relay)).toMatchObject({ reason: 'aborted', error: expect.any(Error) });
  });
});

describe('prepare', () => {
  it('takes compression off the offer, and nothing else', () => {
    const headers = handshake.headers.clone();
    webSocketRelay({ inspect: () => 'pass' }).prepare(handshake, headers);
    expect([...headers]).toEqual([
      ['Upgrade', 'websocket'],
      ['X-Kept', '1'],
    ]);
  });

  it('leaves to the passing on of bytes what is no WebSocket, and all if nobody looks', () => {
    const other = HttpRequest.from({ target: 'http://origin.test/', headers: { Upgrade: 'chat' } });
    expect(webSocketRelay({ inspect: () => 'pass' }).prepare(other, other.headers)).toBeUndefined();
    const headers = handshake.headers.clone();
    expect(webSocketRelay().prepare(handshake, headers)).toBeUndefined();
    expect(headers.has('sec-websocket-extensions')).toBe(true);
  });

  it('is refused with options that make no sense', () => {
    expect(() => webSocketRelay({ closeTimeoutMs: 0 })).toThrow('closeTimeoutMs must be > 0, got 0');
    expect(() => webSocketRelay({ limits: { maxMessageBytes: 0 } })).toThrow('maxMessageBytes');
  });
});
