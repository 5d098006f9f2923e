import type { ByteStream } from '@lamella/net-core';
import { memoryPipe } from '@lamella/net-core';
import { systemClock } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { HttpBody } from '../message/http-body.ts';
import { Http1Outbound } from '../protocol/http1-outbound.ts';
import type { OutboundProtocol } from './outbox.ts';
import { Outbox } from './outbox.ts';
import { TurnWrites } from './turn-writes.ts';

describe('Outbox', () => {
  it('leaves the event loop to others while a source always has a chunk at hand', async () => {
    const target = { isOver: false };
    setImmediate(() => {
      target.isOver = true;
    });

    const outbox = new Outbox(memoryPipe()[0], swallowing, systemClock, OWNER);
    await expect(outbox.pump(HttpBody.from(manyChunks()), target)).resolves.toBe(false);
  });

  it('writes to a socket at the end of the turn, after what others write in it, and all of it in one write', () => {
    const { outboxOf, endTurn } = gathering();
    const [first, second] = [outboxOf('socket'), outboxOf('socket')];
    for (const each of [first, second, first]) each.send('x');
    expect([first.written, second.written]).toEqual([[], []]);
    endTurn();
    expect([first.written, second.written]).toEqual([['xx'], ['x']]);
    first.send('y');
    endTurn();
    expect(first.written).toEqual(['xx', 'y']);
  });

  it('writes at once where it has to, and nothing a second time', () => {
    const { outboxOf, endTurn } = gathering();
    const socket = outboxOf('socket');
    socket.send('head');
    void socket.outbox.flushNow();
    expect(socket.written).toEqual(['head']);
    endTurn();
    expect(socket.written).toEqual(['head']);
  });

  it('holds what it was told to hold beyond that', () => {
    const { outboxOf, endTurn } = gathering();
    const socket = outboxOf('socket');
    socket.send('one');
    socket.outbox.hold();
    endTurn();
    expect(socket.written).toEqual([]);
    socket.send('two');
    socket.outbox.release();
    endTurn();
    expect(socket.written).toEqual(['onetwo']);
  });

  it.each([1, 4_096])('keeps %j bytes that wait as they were given', (size) => {
    const { outboxOf, endTurn } = gathering();
    const socket = outboxOf('socket');
    const scratch = Buffer.alloc(size);
    for (const letter of 'abc') socket.send(scratch.fill(letter));
    socket.send('text');
    expect(socket.written).toEqual([]);
    scratch.fill('x');
    endTurn();
    expect(socket.written).toEqual([`${'a'.repeat(size)}${'b'.repeat(size)}${'c'.repeat(size)}text`]);
  });

  it('writes more than 4 KiB of bytes at once, behind what waits', () => {
    const { outboxOf, endTurn } = gathering();
    const socket = outboxOf('socket');
    socket.send('head');
    const scratch = Buffer.alloc(4_097, 'a');
    socket.send(scratch);
    expect(socket.written).toEqual([`head${'a'.repeat(4_097)}`]);
    socket.send('x'.repeat(10_000)); // text is nobody's but its own
    expect(socket.written.length).toBe(1);
    endTurn();
    expect(socket.written.length).toBe(2);
  });

  it('keeps answers that it holds as they were given', async () => {
    const socket = gathering().outboxOf('socket');
    const scratch = Buffer.from('abc');
    socket.protocol.sendData(scratch);
    socket.outbox.holdAnswer();
    scratch.fill('x');
    await new Promise((resolve) => setImmediate(resolve));
    expect(socket.written).toEqual(['abc']);
    socket.protocol.sendData(Buffer.alloc(4_097, 'a'));
    socket.outbox.holdAnswer();
    expect(socket.written.length).toBe(2);
  });

  it('tells of output that is lost, once, whenever it was written', () => {
    const { outboxOf, endTurn } = gathering();
    const [now, later] = [outboxOf('broken'), outboxOf('broken')];
    for (const each of [now, later]) each.send('x');
    void now.outbox.flushNow();
    expect([now.failures.map(String), later.failures]).toEqual([['Error: broken'], []]);
    endTurn();
    expect([now.failures.map(String), later.failures.map(String)]).toEqual([['Error: broken'], ['Error: broken']]);
  });

  it('writes to what is no socket at once', () => {
    const { outboxOf } = gathering();
    const memory = outboxOf('memory');
    memory.send('x');
    expect(memory.written).toEqual(['x']);
  });
});

/** Outboxes that share the end of a turn. */
function gathering() {
  const due: (() => void)[] = [];
  const turns = new TurnWrites(new FakeClock(), (run) => due.push(run));
  const outboxOf = (kind: 'socket' | 'broken' | 'memory') => {
    const written: string[] = [];
    const protocol = new Http1Outbound();
    const write = (text: string): undefined => {
      if (kind === 'broken') throw new Error('broken');
      written.push(text);
    };
    const stream = {
      ...memoryPipe()[0],
      write: (chunks: readonly Uint8Array[]) => write(Buffer.concat(chunks).toString()),
      ...(kind === 'memory' ? {} : { writeLatin1: write }),
      writeLent: undefined,
    } as unknown as ByteStream; // all of it that an outbox uses
    const outbound: OutboundProtocol = {
      get hasOutput() {
        return protocol.hasOutput;
      },
      takeOutput: () => protocol.takeOutput(),
      ownOutput: (maxBytes) => protocol.ownOutput(maxBytes),
      sendData: (data) => protocol.sendData(data),
      blockWrite() {},
    };
    protocol.begin();
    protocol.sendHead('', { type: 'until-close' });
    protocol.takeOutput();
    const failures: unknown[] = [];
    const owner = { ...OWNER, onFailed: (error: unknown) => void failures.push(error) };
    const outbox = new Outbox(stream, outbound, systemClock, owner, turns);
    const send = (data: string | Uint8Array): void => {
      protocol.sendData(data);
      outbox.flush();
    };
    return { outbox, protocol, written, failures, send };
  };
  const endTurn = (): void => {
    for (const run of due.splice(0)) run();
  };
  return { outboxOf, endTurn };
}

/** A protocol with a peer that takes everything at once. */
const swallowing = { hasOutput: false, takeOutput: () => [], ownOutput: () => true, blockWrite() {}, sendData() {} };

const OWNER = { onRoom() {}, onBlocked() {}, onFailed() {} };

/** Ends at last, so that the test can fail. */
function* manyChunks(): Generator<Uint8Array> {
  for (let count = 0; count < 10_000; count++) yield new Uint8Array(10);
}
