import { describe, expect, it } from 'vitest';
import { Http2Stream } from './http2-stream.ts';
import { ReceiveWindow } from './receive-window.ts';
import { SendQueue } from './send-queue.ts';

describe('SendQueue', () => {
  it('has streams of an urgency in the order in which they came, each once', () => {
    const queue = new SendQueue<string>();
    const streams = [1, 3, 5].map((id) => newStream(id));
    for (const stream of [...streams, ...streams]) queue.add(stream);
    expect([queue.size, drained(queue)]).toEqual([3, [1, 3, 5]]);
    expect([queue.size, queue.first()]).toEqual([0, undefined]);
  });

  it('lets more urgent ones go first, whenever they came', () => {
    const queue = new SendQueue<string>();
    for (const [index, urgency] of [7, 3, 0, 5, 0].entries()) queue.add(newStream(2 * index + 1, urgency));
    expect(drained(queue)).toEqual([5, 9, 3, 7, 1]);
  });

  it('lets those that are of use bit by bit take turns, those of the same urgency only', () => {
    const queue = new SendQueue<string>();
    for (const id of [1, 3, 5]) queue.add(newStream(id, 3, true));
    queue.add(newStream(7, 4, true));
    expect(turns(queue, 7)).toEqual([1, 3, 5, 1, 3, 5, 1]);
  });

  it('sends others one after the other', () => {
    const queue = new SendQueue<string>();
    for (const id of [1, 3]) queue.add(newStream(id, 3, false));
    expect(turns(queue, 4)).toEqual([1, 1, 1, 1]);
  });

  it('takes streams out wherever they stand', () => {
    const queue = new SendQueue<string>();
    const streams = [1, 3, 5].map((id) => newStream(id));
    for (const stream of streams) queue.add(stream);
    const [, second] = streams;
    if (second !== undefined) {
      queue.delete(second);
      queue.delete(second);
    }
    expect([queue.size, drained(queue)]).toEqual([2, [1, 5]]);
  });
});

function newStream(id: number, urgency = 3, isIncremental = true): Http2Stream<string> {
  const stream = new Http2Stream<string>(id, 65_535, new ReceiveWindow(65_535, 0));
  stream.urgency = urgency;
  stream.isIncremental = isIncremental;
  return stream;
}

function drained(queue: SendQueue<string>): number[] {
  const ids: number[] = [];
  for (let stream = queue.first(); stream !== undefined; stream = queue.first()) {
    ids.push(stream.id);
    queue.delete(stream);
  }
  return ids;
}

/** Whose turn it is, if nobody is ever ready. */
function turns(queue: SendQueue<string>, count: number): number[] {
  return Array.from({ length: count }, () => {
    const stream = queue.first();
    if (stream === undefined) throw new Error('the queue is empty');
    queue.rotate(stream);
    return stream.id;
  });
}
