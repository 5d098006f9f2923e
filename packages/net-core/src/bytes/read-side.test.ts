import { describe, expect, it } from 'vitest';
import { utf8 } from '../testing/stream-tools.ts';
import { ReadSide } from './read-side.ts';

describe('ReadSide', () => {
  const reason = new Error('took too long');

  it('does not give an end to a reader whose bytes were thrown away', async () => {
    const cut = readSide();
    cut.push(utf8('half of it'));
    cut.end();
    cut.fail({ reason: 'shutdown', error: reason });
    await expect(cut.read()).rejects.toBe(reason);

    const complete = readSide();
    complete.push(utf8('all of it'));
    complete.end();
    await complete.read();
    complete.fail({ reason: 'shutdown', error: reason });
    expect(await complete.read()).toBeUndefined();
  });

  it('does not give an end to a sink whose bytes were thrown away', async () => {
    const side = readSide();
    const told: string[] = [];
    side.unread(utf8('soon'));
    side.consume({ onBytes: () => void told.push('bytes'), onEnd: () => void told.push('end') });
    side.end();
    side.fail({ reason: 'shutdown', error: reason });
    await Promise.resolve();
    expect(told).toEqual([]);
  });
});

function readSide(): ReadSide {
  return new ReadSide({ resume() {}, pause() {} });
}
