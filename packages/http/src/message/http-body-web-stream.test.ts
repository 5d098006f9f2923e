import { settle } from '@lamella/service-core/testing';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HttpBody } from './http-body.ts';

const LONG_MS = 120_000; // on a busy machine
const uncaught: unknown[] = [];
const note = (reason: unknown): void => void uncaught.push(reason);

beforeEach(() => {
  uncaught.length = 0;
  process.on('uncaughtException', note).on('unhandledRejection', note);
});
afterEach(() => {
  process.off('uncaughtException', note).off('unhandledRejection', note);
});

/** How a reader leaves, how far it got, and how the source takes it. */
const run = fc.record({
  chunks: fc.nat(5),
  readsBefore: fc.nat(6),
  isReading: fc.boolean(),
  way: fc.constantFrom<'stream' | 'reader' | 'body'>('stream', 'reader', 'body'),
  source: fc.constantFrom<'ends' | 'fails' | 'gives' | 'hangs'>('ends', 'fails', 'gives', 'hangs'),
  turns: fc.nat(3),
});

describe('HttpBody.toWebStream', () => {
  it('survives a cancel at every chunk, and reads nothing ahead', { timeout: LONG_MS }, async () => {
    await fc.assert(
      fc.asyncProperty(run, async ({ chunks, readsBefore, isReading, way, source, turns }) => {
        let pulled = 0;
        let taken = 0;
        let cancels = 0;
        const waiting = Promise.withResolvers<Uint8Array | undefined>();
        waiting.promise.catch(() => {}); // nobody may be reading
        const body = HttpBody.fromSource({
          read: async () => {
            pulled++;
            return pulled <= chunks ? Buffer.from('x') : waiting.promise;
          },
          cancel: (reason) => {
            cancels++;
            // A source that is told to stop may do as it likes with the read that is under way.
            if (source === 'ends') waiting.resolve(undefined);
            else if (source === 'fails') waiting.reject(reason);
            else if (source === 'gives') waiting.resolve(Buffer.from('late'));
          },
        });
        const stream = body.toWebStream();
        const reader = stream.getReader();
        for (; taken < Math.min(chunks, readsBefore); taken++) expect((await reader.read()).done).toBe(false);
        expect(pulled).toBe(taken); // nothing is queued

        const reading = isReading
          ? reader.read().then(
              () => taken++,
              () => {},
            )
          : undefined;
        for (let turn = 0; turn < turns; turn++) await Promise.resolve();
        if (way === 'reader') await reader.cancel(new Error('enough'));
        else if (way === 'body') body.cancel(new Error('enough'));
        else {
          reader.releaseLock();
          await stream.cancel(new Error('enough'));
        }
        if (source !== 'hangs' || taken < chunks) await reading;
        expect(cancels).toBe(1);
        expect(pulled).toBeLessThanOrEqual(taken + 1);
      }),
      { numRuns: 10_000 },
    );
    await settle(1); // unhandled rejections are told behind the turn
    expect(uncaught).toEqual([]);
  });

  it('ends, or fails, as the body does', async () => {
    expect(await new Response(HttpBody.from(['a', 'b']).toWebStream()).text()).toBe('ab');
    const failure = new Error('broken');
    const failing = HttpBody.fromSource({ read: () => Promise.reject(failure), cancel: () => {} });
    const reader = failing.toWebStream().getReader();
    await expect(reader.read()).rejects.toBe(failure);
    await expect(reader.closed).rejects.toBe(failure);
  });

  it('fails when the body is cancelled under it', async () => {
    const reason = new Error('enough');
    const body = HttpBody.from(['a', 'b']);
    const reader = body.toWebStream().getReader();
    await reader.read();
    body.cancel(reason);
    await expect(reader.read()).rejects.toBe(reason);
  });
});
