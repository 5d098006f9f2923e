import { memoryPipe } from '@lamella/net-core';
import { checkLedger, text, utf8 } from '@lamella/net-core/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { handshakeTurns } from './handshake-turns.ts';

checkLedger({ beforeEach, afterEach });

/** What has happened by the time that bytes come. */
async function order(act: (turns: ReturnType<typeof handshakeTurns>) => void): Promise<string[]> {
  const [near, far] = memoryPipe();
  const turns = handshakeTurns(near);
  act(turns);
  void far.write([utf8('answer')]);
  const events: string[] = [];
  const read = turns.stream.read().then((chunk) => events.push(text(chunk ?? new Uint8Array(0))));
  // As Node does it when a write is done.
  process.nextTick(() => setImmediate(() => events.push('written')));
  await read;
  near.destroy();
  far.destroy();
  return events;
}

it('bytes come when what was written is out', async () => {
  expect(await order(({ stream }) => void stream.write([utf8('question')]))).toEqual(['written', 'answer']);
});

it('bytes come at once when nothing was written', async () => {
  expect(await order(() => {})).toEqual(['answer']);
});

it('bytes come at once when the handshake is done', async () => {
  const events = await order((turns) => {
    void turns.stream.write([utf8('question')]);
    turns.end();
  });
  expect(events).toEqual(['answer']);
});
