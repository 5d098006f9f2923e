import { checkLedger } from '@lamella/net-core/testing';
import { createLifecycle } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BINARY, PING, PONG, TEXT } from '../../test/support/frames.ts';
import type { OpenSocket, OpenSocketOptions } from '../../test/support/raw-peer.ts';
import { echoAll, openSocket } from '../../test/support/raw-peer.ts';

checkLedger({ beforeEach, afterEach });

/** Ends both sides of a socket, and shows that nothing is left. */
async function end({ socket, peer, clock }: OpenSocket): Promise<void> {
  socket.destroy();
  peer.stream.destroy();
  await settle();
  expect(clock.pendingTimers).toBe(0);
}

describe.each(['server', 'client'] as const)('the close of a %s', (role) => {
  it('is a frame each way, then an end: begun here', async () => {
    const { socket, peer, clock } = openSocket(role);
    const closed = socket.close(4001, 'bye');
    expect(socket.state).toBe('closing');
    expect(await peer.seen()).toEqual(['close 4001 bye']);
    expect(peer.ended).toBe('no');
    peer.close(4001, 'bye');
    await peer.seen();
    expect(peer.ended).toBe(role === 'server' ? 'end' : 'no'); // RFC 6455 section 7.1.1: the server closes first
    void peer.stream.closeWrite();
    expect(await closed).toEqual({ code: 4001, reason: 'bye', wasClean: true, initiator: 'local' });
    expect([socket.state, clock.pendingTimers]).toEqual(['closed', 0]);
  });

  it('is a frame each way, then an end: begun by the peer', async () => {
    const { socket, peer, clock } = openSocket(role);
    const received = socket.receive();
    peer.close(4002, 'done');
    expect(await peer.seen()).toEqual(['close 4002']);
    expect(await received).toBeUndefined();
    void peer.stream.closeWrite();
    expect(await socket.closed).toEqual({ code: 4002, reason: 'done', wasClean: true, initiator: 'remote' });
    expect(clock.pendingTimers).toBe(0);
  });

  it('that crosses that of the peer is clean, and its own code counts', async () => {
    const { socket, peer } = openSocket(role);
    void socket.close(4001);
    peer.close(4002);
    await settle();
    void peer.stream.closeWrite();
    expect(await socket.closed).toMatchObject({ code: 4001, wasClean: true, initiator: 'local' });
  });

  it('waits for closeTimeoutMs and no longer', async () => {
    const { socket, peer, clock } = openSocket(role, { timeouts: { closeTimeoutMs: 700 } });
    void socket.close();
    await clock.advanceAsync(699);
    expect(socket.state).toBe('closing');
    await clock.advanceAsync(1);
    expect(await socket.closed).toMatchObject({
      code: 1000,
      wasClean: false,
      initiator: 'local',
      error: { code: 'LML_ERR_TIMEOUT', limit: 'closeTimeoutMs', timeoutMs: 700 },
    });
    expect(clock.pendingTimers).toBe(0);
    peer.stream.destroy();
  });

  it('waits as long for the end behind the frames, which are clean all the same', async () => {
    const { socket, peer, clock } = openSocket(role);
    void socket.close();
    peer.close(1000);
    await clock.advanceAsync(4_999);
    expect(socket.state).toBe('closing');
    await clock.advanceAsync(1);
    expect(await socket.closed).toMatchObject({ code: 1000, wasClean: true });
    peer.stream.destroy();
  });

  it('twice is the same close', async () => {
    const open = openSocket(role);
    expect(open.socket.close(4001)).toBe(open.socket.close(4002));
    expect(await open.peer.seen()).toEqual(['close 4001']);
    await end(open);
  });

  it('lets what was queued be taken, and throws away what comes later', async () => {
    const open = openSocket(role);
    open.peer.send({ opcode: TEXT, payload: 'before' });
    await settle();
    void open.socket.close();
    open.peer.send({ opcode: TEXT, payload: 'after' });
    await settle();
    expect(await open.socket.receive()).toBe('before');
    expect(await open.socket.receive()).toBeUndefined();
    await end(open);
  });

  it('is over with the frame of the peer, even if what was queued is never taken', async () => {
    const { socket, peer, clock } = openSocket(role);
    peer.send({ opcode: TEXT, payload: 'before' });
    await settle();
    const closed = socket.close(4001);
    peer.close(4001);
    expect(await peer.seen()).toEqual(['close 4001']);
    expect(peer.ended).toBe(role === 'server' ? 'end' : 'no');
    void peer.stream.closeWrite();
    expect(await closed).toMatchObject({ code: 4001, wasClean: true });
    expect(clock.pendingTimers).toBe(0);
    expect(await socket.receive()).toBe('before');
  });

  it.each([[999], [1004], [1005], [1006], [1015], [2999], [5000], [1000.5]])('refuses the code %d', async (code) => {
    const open = openSocket(role);
    expect(() => open.socket.close(code)).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE' }));
    expect(open.socket.state).toBe('open');
    await end(open);
  });

  it('takes a reason of 123 bytes, and none of 124', async () => {
    const open = openSocket(role);
    expect(() => open.socket.close(1000, 'ä'.repeat(62))).toThrow('at most 123 bytes, got 124');
    void open.socket.close(1000, `${'ä'.repeat(61)}a`);
    expect(await open.peer.seen()).toEqual([`close 1000 ${'ä'.repeat(61)}a`]);
    await end(open);
  });
});

describe('an end that is no good one', () => {
  it('of a peer that leaves without a close frame is 1006, and whoever waits hears of it', async () => {
    const { socket, peer, clock } = openSocket('server');
    const received = socket.receive();
    const failed = expect(received).rejects.toMatchObject({ code: 'LML_ERR_WEBSOCKET_CLOSED', close: { code: 1006 } });
    void peer.stream.closeWrite();
    await failed;
    expect(await socket.closed).toEqual({ code: 1006, reason: '', wasClean: false, initiator: 'remote' });
    expect(clock.pendingTimers).toBe(0);
  });

  it('by a reset says so', async () => {
    const { socket, peer } = openSocket('client');
    peer.stream.destroy(new Error('gone'));
    const close = await socket.closed;
    expect(close).toMatchObject({ code: 1006, initiator: 'remote', error: { code: 'LML_ERR_STREAM_RESET' } });
    const cause = expect.objectContaining({ code: 'LML_ERR_STREAM_RESET' });
    await expect(socket.receive()).rejects.toMatchObject({ code: 'LML_ERR_WEBSOCKET_CLOSED', cause });
  });

  it('by destroy gives its reason to all who wait', async () => {
    const { socket, peer } = openSocket('server');
    const received = socket.receive();
    const failed = expect(received).rejects.toThrow('enough');
    const reason = new Error('enough');
    socket.destroy(reason);
    await failed;
    expect(await socket.closed).toEqual({ code: 1006, reason: '', wasClean: false, initiator: 'local', error: reason });
    await settle();
    expect(peer.ended).toBe('reset');
  });

  it('comes by an abort of the scope as well', async () => {
    const { socket, scope } = openSocket('server');
    scope.abort('over');
    expect(await socket.closed).toMatchObject({ initiator: 'local', error: 'over' });
  });

  it('makes send fail, quietly if nobody looks', async () => {
    const open = openSocket('server');
    const { socket } = open;
    await end(open);
    void socket.send('nobody looks');
    await expect(socket.send('x')).rejects.toMatchObject({ code: 'LML_ERR_WEBSOCKET_CLOSED' });
    await expect(socket.ping()).rejects.toMatchObject({ code: 'LML_ERR_WEBSOCKET_CLOSED' });
  });

  it('makes a send that still waits fail', async () => {
    const open = openSocket('server', { stopsReading: true });
    let wait: Promise<void> | undefined;
    while (wait === undefined) wait = open.socket.send(Buffer.alloc(30_000));
    expect(open.socket.send('the same wait')).toBe(wait);
    open.socket.destroy('over');
    await expect(wait).rejects.toBe('over');
    await end(open);
  });

  it('after a broken rule is a close frame, an end, and nothing that is still read', async () => {
    const { socket, peer, clock } = openSocket('server');
    const received = socket.receive();
    const failed = expect(received).rejects.toMatchObject({ code: 'LML_ERR_WEBSOCKET_BAD_FRAME', closeCode: 1002 });
    peer.send({ opcode: 3 }, { opcode: TEXT, payload: 'late' });
    expect(await peer.seen()).toEqual(['close 1002']);
    await failed;
    expect(peer.ended).toBe('end');
    peer.sendBytes(Buffer.alloc(1_000_000)); // what is under way must not turn the close frame into a reset
    await settle();
    expect(peer.ended).toBe('end');
    void peer.stream.closeWrite();
    expect(await socket.closed).toMatchObject({ code: 1002, wasClean: false, initiator: 'local' });
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('limits', () => {
  it('of a message: maxMessageBytes pass, one more byte is closed with 1009 before it is there', async () => {
    const open = openSocket('server', { limits: { maxMessageBytes: 1_000 } });
    open.peer.send({ opcode: BINARY, payload: Buffer.alloc(1_000) });
    expect(await open.socket.receive()).toHaveLength(1_000);
    open.peer.send({ opcode: BINARY, claimedLength: 1_001 });
    expect(await open.peer.seen()).toEqual(['close 1009']);
    await expect(open.socket.receive()).rejects.toMatchObject({ code: 'LML_ERR_WEBSOCKET_MESSAGE_TOO_LARGE' });
    await end(open);
  });

  it('of a message count over its fragments', async () => {
    const open = openSocket('server', { limits: { maxMessageBytes: 1_000 } });
    open.peer.send({ opcode: BINARY, payload: Buffer.alloc(600), fin: false }, { opcode: 0, claimedLength: 401 });
    expect(await open.peer.seen()).toEqual(['close 1009']);
    await end(open);
  });

  it.each([2 ** 31, 2 ** 53 - 1, 2 ** 62])(
    'of a message hold for a frame that claims %d bytes',
    async (claimedLength) => {
      const open = openSocket('server');
      open.peer.send({ opcode: BINARY, claimedLength });
      expect(await open.peer.seen()).toEqual(['close 1009']);
      await end(open);
    },
  );

  it('of fragments: maxFragments pass, one more is closed with 1008, empty ones count', async () => {
    const open = openSocket('server', { limits: { maxFragments: 3 } });
    const start = { opcode: TEXT, fin: false };
    open.peer.send(start, { opcode: 0, fin: false }, { opcode: 0 });
    expect(await open.socket.receive()).toBe('');
    open.peer.send(start, { opcode: 0, fin: false }, { opcode: 0, fin: false }, { opcode: 0, fin: false });
    expect(await open.peer.seen()).toEqual(['close 1008']);
    await end(open);
  });

  it('of what waits: a send that finds more than maxBufferedBytes destroys the connection', async () => {
    const open = openSocket('server', { limits: { maxBufferedBytes: 100_000 }, stopsReading: true });
    const block = Buffer.alloc(66_000);
    const waits = [open.socket.send(block), open.socket.send(block)];
    expect(waits.every((wait) => wait !== undefined)).toBe(true);
    expect(open.socket.bufferedBytes).toBeGreaterThan(100_000);
    const error = { code: 'LML_ERR_LIMIT', limit: 'maxBufferedBytes', maximum: 100_000 };
    await expect(open.socket.send('one more')).rejects.toMatchObject(error);
    expect(await open.socket.closed).toMatchObject({ code: 1006, initiator: 'local', error });
    await end(open);
  });
});

describe.each(['server', 'client'] as const)('a mask of the peer of a %s', (role) => {
  it('must be as the role asks for it', async () => {
    const open = openSocket(role);
    open.peer.send({ opcode: TEXT, payload: 'x', masked: role === 'client' });
    expect(await open.peer.seen()).toEqual(['close 1002']);
    await end(open);
  });

  it('is what this side has in turn', async () => {
    const open = openSocket(role);
    void open.socket.send('text');
    void open.socket.send(Buffer.alloc(70_000));
    void open.socket.ping();
    const frames = await open.peer.frames();
    expect(frames.map(({ masked }) => masked)).toEqual(Array(3).fill(role === 'client'));
    await end(open);
  });
});

describe('backpressure', () => {
  it('of a reader that takes nothing stops the peer after some 64 KiB, and lets it go on', async () => {
    const open = openSocket('server');
    const count = 64;
    let sent = 0;
    const sending = (async () => {
      for (; sent < count; sent++)
        await open.peer.stream.write([open.peer.encode({ opcode: BINARY, payload: Buffer.alloc(16_384, sent) })]);
    })();
    await settle(20);
    expect(sent).toBeLessThan(14); // 64 KiB here, 64 KiB on the way, and a chunk
    for (let index = 0; index < count; index++)
      expect(Buffer.from((await open.socket.receive()) as Uint8Array)[0]).toBe(index); // binary
    await sending;
    await end(open);
  });

  it('counts empty messages too', async () => {
    const open = openSocket('server');
    const empty = open.peer.encode(...Array.from({ length: 1_000 }, () => ({ opcode: TEXT })));
    let sent = 0;
    const sending = (async () => {
      for (; sent < 100; sent++) await open.peer.stream.write([empty]);
    })();
    await settle(50);
    expect(sent).toBeLessThan(20);
    open.peer.stream.destroy(new Error('enough'));
    await sending.catch(() => {});
    await end(open);
  });

  it('of a peer that takes nothing is what send says', async () => {
    const open = openSocket('server', { stopsReading: true });
    let wait: Promise<void> | undefined;
    for (let index = 0; index < 5 && wait === undefined; index++) wait = open.socket.send(Buffer.alloc(30_000));
    expect(wait).toBeDefined();
    void open.peer.startReading();
    await wait;
    expect(open.socket.bufferedBytes).toBe(0);
    expect(open.socket.send('goes on')).toBeUndefined();
    await end(open);
  });

  it('keeps one answer to pings, not all of them', async () => {
    const open = openSocket('server', { stopsReading: true });
    while (open.socket.send(Buffer.alloc(30_000)) === undefined);
    for (let index = 0; index < 1_000; index++) open.peer.send({ opcode: PING, payload: `${index}` });
    await settle();
    const before = open.socket.bufferedBytes;
    expect(before).toBeLessThan(100_000);
    void open.peer.startReading();
    const pongs = (await open.peer.frames()).filter(({ opcode }) => opcode === PONG);
    expect(pongs.map(({ payload }) => payload.toString())).toEqual(['999']);
    await end(open);
  });

  it('takes one receive at a time, and loses nothing by an aborted one', async () => {
    const open = openSocket('server');
    const controller = new AbortController();
    const aborted = open.socket.receive({ signal: controller.signal });
    await expect(open.socket.receive()).rejects.toMatchObject({ code: 'LML_ERR_USAGE' });
    controller.abort('later');
    await expect(aborted).rejects.toBe('later');
    await expect(open.socket.receive({ signal: controller.signal })).rejects.toBe('later');
    open.peer.send({ opcode: TEXT, payload: 'kept' });
    await settle();
    expect(await open.socket.receive()).toBe('kept');
    await end(open);
  });
});

describe('keeping alive', () => {
  const timeouts = { pingIntervalMs: 1_000, pongTimeoutMs: 500 };

  it('pings a peer after pingIntervalMs of silence, and goes on when it answers', async () => {
    const open = openSocket('server', { timeouts });
    await open.clock.advanceAsync(999);
    expect(await open.peer.seen()).toEqual([]);
    await open.clock.advanceAsync(1);
    expect(await open.peer.seen()).toEqual(['ping ']);
    await open.clock.advanceAsync(499);
    open.peer.send({ opcode: PONG });
    await open.clock.advanceAsync(999);
    expect([open.socket.state, await open.peer.seen()]).toEqual(['open', []]);
    await open.clock.advanceAsync(1);
    expect(await open.peer.seen()).toEqual(['ping ']);
    await end(open);
  });

  it('gives up on a peer that does not answer within pongTimeoutMs', async () => {
    const open = openSocket('client', { timeouts });
    await open.clock.advanceAsync(1_499);
    expect(open.socket.state).toBe('open');
    await open.clock.advanceAsync(1);
    expect(await open.socket.closed).toMatchObject({
      code: 1006,
      initiator: 'local',
      error: { code: 'LML_ERR_TIMEOUT', limit: 'pongTimeoutMs', timeoutMs: 500 },
    });
    await end(open);
  });

  it('takes any byte for a sign of life, and pings nobody who talks', async () => {
    const open = openSocket('server', { timeouts });
    for (let index = 0; index < 10; index++) {
      await open.clock.advanceAsync(900);
      open.peer.send({ opcode: TEXT, payload: 'x' });
      expect(await open.socket.receive()).toBe('x');
    }
    expect(await open.peer.seen()).toEqual([]);
    await end(open);
  });

  it('does not blame a peer whose answer is held back here', async () => {
    const open = openSocket('server', { timeouts });
    open.peer.send({ opcode: BINARY, payload: Buffer.alloc(100_000) }); // nobody takes it: reading stops
    await open.clock.advanceAsync(60_000);
    expect(open.socket.state).toBe('open');
    await end(open);
  });

  it.each(['sent', 'received'])('counts a message that was %s as use', async (way) => {
    const open = openSocket('server', { timeouts: { idleTimeoutMs: 1_000 } });
    for (let turn = 0; turn < 3; turn++) {
      await open.clock.advanceAsync(999);
      expect(open.socket.state).toBe('open');
      if (way === 'sent') void open.socket.send('x');
      else open.peer.send({ opcode: TEXT, payload: 'x' });
      await settle();
    }
    await open.clock.advanceAsync(1_000);
    expect((await open.peer.seen()).at(-1)).toBe('close 1001 idle for too long');
    await end(open);
  });

  it('counts pings for no use: idleTimeoutMs later it is over', async () => {
    const open = openSocket('server', { timeouts: { pingIntervalMs: 400, pongTimeoutMs: 300, idleTimeoutMs: 1_000 } });
    await open.clock.advanceAsync(400);
    open.peer.send({ opcode: PONG });
    await open.clock.advanceAsync(400);
    open.peer.send({ opcode: PONG });
    await open.clock.advanceAsync(199);
    expect(open.socket.state).toBe('open');
    await open.clock.advanceAsync(1);
    expect((await open.peer.seen()).at(-1)).toBe('close 1001 idle for too long');
    open.peer.close(1001);
    await settle();
    void open.peer.stream.closeWrite();
    expect(await open.socket.closed).toMatchObject({ code: 1001, wasClean: true, error: { limit: 'idleTimeoutMs' } });
    await end(open);
  });
});

describe('draining', () => {
  const drained = async (options: OpenSocketOptions = {}) => {
    const clock = new FakeClock();
    const lifecycle = createLifecycle({ clock });
    const open = openSocket('server', { ...options, clock, lifecycle });
    return { ...open, lifecycle };
  };

  it('closes with 1001, takes what still comes, and counts it as finished', async () => {
    const { socket, peer, lifecycle } = await drained();
    const echoed = echoAll(socket);
    const report = lifecycle.drain({ graceMs: 1_000 });
    expect(await peer.seen()).toEqual(['close 1001']);
    peer.send({ opcode: TEXT, payload: 'under way' });
    peer.close(1001);
    await settle();
    void peer.stream.closeWrite();
    await echoed;
    expect(await socket.closed).toMatchObject({ code: 1001, wasClean: true, initiator: 'local' });
    expect((await report).protocols).toEqual({ websocket: { finished: 1, closed: 0, cut: 0 } });
  });

  it('cuts after the grace who does not answer', async () => {
    const { socket, peer, clock, lifecycle } = await drained();
    const report = lifecycle.drain({ graceMs: 1_000 });
    await clock.advanceAsync(999);
    expect(socket.state).toBe('closing');
    await clock.advanceAsync(1);
    expect(await socket.closed).toMatchObject({ code: 1001, wasClean: false });
    expect((await report).protocols).toEqual({ websocket: { finished: 0, closed: 0, cut: 1 } });
    expect(clock.pendingTimers).toBe(0);
    peer.stream.destroy();
  });
});

describe('a peer that closes behind messages', () => {
  it('is answered when they are taken, so that they can be answered', async () => {
    const { socket, peer } = openSocket('server');
    peer.sendBytes(
      Buffer.concat([
        peer.encode({ opcode: TEXT, payload: 'first' }, { opcode: TEXT, payload: 'second' }),
        peer.encode({ opcode: 8, payload: Buffer.from([3, 232]) }),
      ]),
    );
    expect(await socket.receive()).toBe('first');
    expect(await peer.seen()).toEqual([]);
    await socket.send('answer');
    expect(await peer.seen()).toEqual(['text answer']);
    expect(await socket.receive()).toBe('second');
    await socket.send('another'); // at once: nobody knows whether more is going to be asked for
    expect(await peer.seen()).toEqual(['text another', 'close 1000']);
    expect(await socket.receive()).toBeUndefined();
    await expect(socket.send('late')).rejects.toMatchObject({
      code: 'LML_ERR_WEBSOCKET_CLOSED',
      close: { code: 1000 },
    });
    void peer.stream.closeWrite();
    expect(await socket.closed).toMatchObject({ code: 1000, wasClean: true, initiator: 'remote' });
  });

  it.each(['server', 'client'] as const)('and ends at once is answered by a %s all the same', async (role) => {
    const { socket, peer, clock } = openSocket(role);
    peer.send({ opcode: TEXT, payload: 'first' });
    peer.close(1000);
    void peer.stream.closeWrite();
    expect(await peer.seen()).toEqual([]);
    expect(await socket.receive()).toBe('first');
    await socket.send('answer');
    expect(await peer.seen()).toEqual(['text answer', 'close 1000']);
    expect(await socket.closed).toEqual({ code: 1000, reason: '', wasClean: true, initiator: 'remote' });
    expect([await socket.receive(), clock.pendingTimers]).toEqual([undefined, 0]);
  });

  it('is answered soon by whoever takes one message, and then only waits for the end', async () => {
    const { socket, peer, clock } = openSocket('client');
    peer.send({ opcode: TEXT, payload: 'one' });
    expect(await socket.receive()).toBe('one');
    peer.close(4003, 'done');
    expect(await peer.seen()).toEqual(['close 4003']);
    void peer.stream.closeWrite();
    expect(await socket.closed).toMatchObject({ code: 4003, wasClean: true });
    expect(clock.pendingTimers).toBe(0);
  });

  it('is answered after closeTimeoutMs if nobody takes them', async () => {
    const { socket, peer, clock } = openSocket('server', { timeouts: { closeTimeoutMs: 400 } });
    peer.send({ opcode: TEXT, payload: 'never taken' });
    peer.close(1000);
    await clock.advanceAsync(399);
    expect(await peer.seen()).toEqual([]);
    await clock.advanceAsync(1);
    expect(await peer.seen()).toEqual(['close 1000']);
    await clock.advanceAsync(400);
    expect(await socket.closed).toMatchObject({ code: 1000, wasClean: true });
    expect(clock.pendingTimers).toBe(0);
    peer.stream.destroy();
  });
});

describe('one forked onto another scope', () => {
  it('is the same WebSocket', async () => {
    const open = openSocket('server');
    const controller = new AbortController();
    const fork = open.socket.fork({ signal: controller.signal });
    open.peer.send({ opcode: TEXT, payload: 'a' }, { opcode: TEXT, payload: 'b' });
    expect(await fork.receive()).toBe('a');
    for await (const message of fork) {
      expect(message).toBe('b');
      break;
    }
    await fork.send('c');
    await fork.ping(Buffer.from('d'));
    expect(await open.peer.seen()).toEqual(['text c', 'ping d']);
    controller.abort();
    expect([fork.signal.aborted, open.socket.signal.aborted, fork.state, fork.protocol]).toEqual([
      true,
      false,
      'open',
      '',
    ]);
    expect([fork.isCompressed, fork.bufferedBytes, fork.extensions]).toEqual([false, 0, open.socket.extensions]);
    expect(fork.closed).toBe(open.socket.closed);
    fork.fork({}).destroy('over');
    expect((await fork.closed).error).toBe('over');
    await end(open);
  });
});

it('refuses messages that are none, and control frames that are too long', async () => {
  const open = openSocket('server');
  expect(() => open.socket.send(1 as unknown as string)).toThrow('a message is a string or a Uint8Array, got number');
  expect(() => open.socket.ping(Buffer.alloc(126))).toThrow('at most 125 bytes, got 126');
  await open.socket.ping(Buffer.alloc(125));
  await end(open);
});

it('reads messages whose bytes come one at a time, cut at every place', async () => {
  const { socket, peer, clock } = openSocket('client', { conditions: { chunkBytes: 1 } });
  const echoed = echoAll(socket);
  peer.send({ opcode: TEXT, payload: 'κόσμε' }, { opcode: BINARY, payload: Buffer.alloc(300, 1) });
  await settle(2_000);
  expect((await peer.frames()).map(({ payload }) => payload.length)).toEqual([10, 300]);
  peer.close(1000);
  await settle(50);
  void peer.stream.closeWrite();
  await echoed;
  expect(clock.pendingTimers).toBe(0);
});
