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

    const nothing = (): void => {};
    const outbox = new Outbox(memoryPipe()[0], swallowing, systemClock, nothing, nothing);
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
  const outboxOf = (kind: 'socket' | 'memory') => {
    const written: string[] = [];
    const protocol = new Http1Outbound();
    const write = (text: string): undefined => void written.push(text);
    const stream = {
      ...memoryPipe()[0],
      write: ([chunk]: readonly Uint8Array[]) => write(String(chunk && Buffer.from(chunk))),
      ...(kind === 'socket' ? { writeLatin1: write } : { writeLent: undefined }),
    } as unknown as ByteStream; // all of it that an outbox uses
    const nothing = (): void => {};
    const outbound: OutboundProtocol = {
      get hasOutput() {
        return protocol.hasOutput;
      },
      takeOutput: () => protocol.takeOutput(),
      sendData: (data) => protocol.sendData(data),
      blockWrite: nothing,
    };
    protocol.begin();
    protocol.sendHead('', { type: 'until-close' });
    protocol.takeOutput();
    const outbox = new Outbox(stream, outbound, systemClock, nothing, nothing, turns);
    const send = (data: string): void => {
      protocol.sendData(data);
      outbox.flush();
    };
    return { outbox, written, send };
  };
  const endTurn = (): void => {
    for (const run of due.splice(0)) run();
  };
  return { outboxOf, endTurn };
}

/** A protocol with a peer that takes everything at once. */
const swallowing = { hasOutput: false, takeOutput: () => [], blockWrite() {}, sendData() {} };

/** Ends at last, so that the test can fail. */
function* manyChunks(): Generator<Uint8Array> {
  for (let count = 0; count < 10_000; count++) yield new Uint8Array(10);
}
