import { memoryPipe } from '@lamella/net-core';
import { systemClock } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import { HttpBody } from '../message/http-body.ts';
import { Outbox } from './outbox.ts';

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
});

/** A protocol with a peer that takes everything at once. */
const swallowing = { takeOutput: () => [], blockWrite() {}, sendData() {} };

/** Ends at last, so that the test can fail. */
function* manyChunks(): Generator<Uint8Array> {
  for (let count = 0; count < 10_000; count++) yield new Uint8Array(10);
}
