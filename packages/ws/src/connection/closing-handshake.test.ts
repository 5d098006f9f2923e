import type { ByteStream } from '@lamella/net-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { ClosingHandshake } from './closing-handshake.ts';

/** A handshake whose steps are written down. A close frame is written when the test says so. */
function setup(role: 'server' | 'client', queue = { isAtWork: false, isEmpty: true }) {
  const clock = new FakeClock();
  const steps: string[] = [];
  const { promise, resolve: written, reject: lost } = Promise.withResolvers<void>();
  const stream: Pick<ByteStream, 'closeWrite' | 'destroy'> = {
    closeWrite: async () => void steps.push('end'),
    destroy: () => void steps.push('destroy'),
  };
  const writer = {
    control(_opcode: number, payload: Uint8Array) {
      steps.push(`close ${Buffer.from(payload).toString('hex')}`);
      return promise;
    },
  };
  const timeouts = { closeTimeoutMs: 700, pingIntervalMs: 1, pongTimeoutMs: 1, idleTimeoutMs: 1 };
  const owner = {
    onClosing: () => void steps.push('closing'),
    onCloseTimeout: ({ limit, timeoutMs }: { limit: string; timeoutMs: number }) => {
      steps.push(`${limit} ${timeoutMs}`);
    },
  };
  const handshake = new ClosingHandshake(stream, writer, queue, { role, timeouts, clock }, owner);
  /** What has been done since the last look. */
  const seen = async () => {
    await settle();
    return steps.splice(0);
  };
  return { handshake, clock, queue, seen, written, lost };
}

const ours = { code: 4001, reason: 'bye' };
const theirs = { code: 4002, reason: 'done' };

describe.each(['server', 'client'] as const)('the closing handshake of a %s', (role) => {
  it('begun here ends with the frame of the peer', async () => {
    const { handshake, clock, seen, written } = setup(role);
    handshake.send(ours);
    handshake.send(theirs);
    expect(await seen()).toEqual(['closing', 'close 0fa1']);
    written();
    expect(await seen()).toEqual([]);
    expect(handshake.outcome('remote')).toEqual({ ...ours, initiator: 'local', wasClean: false });

    handshake.receive(theirs);
    // RFC 6455 section 7.1.1: the server ends the connection first.
    expect(await seen()).toEqual(role === 'server' ? ['closing', 'end'] : ['closing']);
    handshake.receiveEnd();
    expect(await seen()).toEqual(['end']);
    handshake.stop();
    expect(handshake.outcome('remote')).toEqual({ ...ours, initiator: 'local', wasClean: true });
    expect(clock.pendingTimers).toBe(0);
  });

  it('begun by the peer is answered with its code', async () => {
    const { handshake, clock, seen, written } = setup(role);
    written();
    handshake.receive(theirs);
    expect(await seen()).toEqual(['closing', 'closing', 'close 0fa2', ...(role === 'server' ? ['end'] : [])]);
    expect(handshake.first).toMatchObject(theirs);
    expect(handshake.outcome('local')).toEqual({ ...theirs, initiator: 'remote', wasClean: true });
    handshake.stop();
    expect(clock.pendingTimers).toBe(0);
  });

  it('ends its direction behind the close frame, and not at all where that is lost', async () => {
    const late = setup(role);
    late.handshake.send(ours);
    late.handshake.receiveEnd();
    expect(await late.seen()).toEqual(['closing', 'close 0fa1']);
    late.written();
    expect(await late.seen()).toEqual(['end']);
    late.handshake.stop();

    const never = setup(role);
    never.handshake.send(ours);
    never.handshake.receiveEnd();
    never.lost(new Error('reset by the test'));
    expect(await never.seen()).toEqual(['closing', 'close 0fa1']);
    never.handshake.stop();
  });

  it('gives the peer closeTimeoutMs for its part', async () => {
    const { handshake, clock, seen } = setup(role);
    handshake.send(ours);
    await seen();
    clock.advance(699);
    expect(await seen()).toEqual([]);
    clock.advance(1);
    expect(await seen()).toEqual(['closeTimeoutMs 700']);
    expect(clock.pendingTimers).toBe(0);
  });

  it.each([
    ['without a frame', undefined],
    ['with a frame of the peer alone', theirs],
  ])('is no clean one that ends %s', async (_how, frame) => {
    const { handshake, seen } = setup(role, { isAtWork: true, isEmpty: false });
    if (frame !== undefined) handshake.receive(frame);
    await seen();
    handshake.stop();
    const { initiator, ...outcome } = handshake.outcome('local');
    expect(initiator).toBe(frame === undefined ? 'local' : 'remote');
    expect(outcome).toEqual({ ...(frame ?? { code: 1006, reason: '' }), wasClean: false });
    handshake.send(ours);
    expect(await seen()).toEqual([]); // nothing is sent once the stream has ended
  });

  it('is given up when the peer ends without a frame', async () => {
    const { handshake, seen } = setup(role);
    handshake.receiveEnd();
    expect(await seen()).toEqual(['destroy']);
  });
});

describe('the answer to a close frame', () => {
  it.each([1005, 1006, 2999, 5000])('has no code, where that of the peer is %i', async (code) => {
    const { handshake, seen } = setup('client');
    handshake.receive({ code, reason: '' });
    expect(await seen()).toEqual(['closing', 'closing', 'close ']);
    handshake.stop();
  });

  it('waits for messages before it, which may still be answered, and for closeTimeoutMs at most', async () => {
    const { handshake, clock, seen } = setup('client', { isAtWork: true, isEmpty: false });
    handshake.receive(theirs);
    clock.advance(699);
    expect(await seen()).toEqual(['closing']);
    clock.advance(1);
    expect(await seen()).toEqual(['closing', 'close 0fa2']);
    handshake.stop();
    expect(clock.pendingTimers).toBe(0);
  });

  it('waits for the turn in which the last message was taken', async () => {
    const { handshake, queue, seen } = setup('client', { isAtWork: true, isEmpty: false });
    handshake.receive(theirs);
    queue.isEmpty = true;
    handshake.answerInTurn();
    await Promise.resolve();
    expect(handshake.hasSent).toBe(false);
    expect(await seen()).toEqual(['closing', 'closing', 'close 0fa2']);
    handshake.stop();
  });

  it('waits for nothing where ours is sent: nothing else may follow it', async () => {
    const { handshake, seen, written } = setup('server', { isAtWork: true, isEmpty: false });
    written();
    handshake.send(ours);
    handshake.receive(theirs);
    expect(await seen()).toEqual(['closing', 'close 0fa1', 'closing', 'end']);
    handshake.stop();
  });

  it('is followed by our end, if the peer has ended meanwhile', async () => {
    const { handshake, queue, seen, written } = setup('client', { isAtWork: true, isEmpty: false });
    written();
    handshake.receive(theirs);
    handshake.receiveEnd();
    expect(await seen()).toEqual(['closing']);
    queue.isAtWork = false;
    handshake.answerInTurn();
    expect(await seen()).toEqual(['closing', 'close 0fa2', 'end']);
    handshake.stop();
  });
});
