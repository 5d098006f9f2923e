import { checkLedger } from '@lamella/net-core/testing';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { headers } from '../support/frames.ts';
import { RawPeer } from '../support/raw-peer.ts';
import { serverCases } from './server/server-cases.ts';
import type { ServerCase } from './support/server-case.ts';
import { GET, ok } from './support/server-case.ts';
import { testService } from './support/test-service.ts';

checkLedger({ beforeEach, afterEach });

describe.each(Object.entries(serverCases))('a server, %s', (_theme, cases) => {
  it.each(cases)('$section: $name', async (row) => {
    for (const pieceBytes of row.keepsOrder === true ? UNCUT : PIECES) {
      const peer = await open(row, pieceBytes);
      onTestFinished(() => peer.close());
      await play(row, peer, pieceBytes);
      await goesOn(peer, row);
      expect(peer.errors.map((error) => Reflect.get(Object(error), 'code'))).toEqual(
        row.code === undefined ? [] : [row.code],
      );
      await peer.close();
      expect(peer.clock.pendingTimers, 'timers left').toBe(0);
    }
  });
});

it('has cases of another name each', () => {
  const names = Object.values(serverCases).flatMap((cases) => cases.map(({ section, name }) => `${section}: ${name}`));
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

function open({ limits = {}, timeouts = {}, greeting }: ServerCase, pieceBytes: number): Promise<RawPeer> {
  return RawPeer.open(testService, { limits, timeouts, pieceBytes, ...(greeting && { greeting }) });
}

async function play(row: ServerCase, peer: RawPeer, pieceBytes: number): Promise<void> {
  const { turns = [{ answers: [], ...row }] } = row;
  for (const { send = [], waitMs = 0, answers, showsUpdates = false } of turns) {
    await peer.send(...send);
    if (waitMs > 0) await peer.clock.advanceAsync(waitMs);
    const frames = (await peer.takeFrames(showsUpdates)).map(withoutDate);
    const sorted =
      row.keepsOrder === true ? { frames, answers } : { frames: byStream(frames), answers: byStream(answers) };
    expect({ pieceBytes, frames: sorted.frames }).toEqual({ pieceBytes, frames: sorted.answers });
  }
}

/** Other streams are served, or the connection has ended in good order; and so is whoever comes next. */
async function goesOn(peer: RawPeer, { end, isLast }: ServerCase): Promise<void> {
  if (isLast === true) return;
  await peer.send(headers(1_001, GET, { end: true }));
  const frames = (await peer.takeFrames()).map(withoutDate);
  if (end === 'closed') expect({ frames, ended: peer.ended }).toEqual({ frames: [], ended: 'end' });
  else expect({ frames, ended: peer.ended }).toEqual({ frames: ok(1_001), ended: 'no' });
  const next = await RawPeer.open(testService);
  onTestFinished(() => next.close());
  await next.send(headers(1, GET, { end: true }));
  expect((await next.takeFrames()).map(withoutDate)).toEqual(ok(1));
  await next.close();
}

/** Whose frames come first depends on how the input was cut; those of a stream, and of the connection, stay in order. */
function byStream(lines: readonly string[]): string[] {
  const streamOf = (line: string): number =>
    Number(/^(?:DATA|HEADERS|RST_STREAM|WINDOW_UPDATE) (\d+)/.exec(line)?.[1] ?? 0);
  return [...lines].sort((first, second) => streamOf(first) - streamOf(second));
}

function withoutDate(line: string): string {
  return line.replace(/ date=[A-Z][a-z]{2}, .{20} GMT/, '');
}

const UNCUT = [Number.POSITIVE_INFINITY];
const PIECES = [Number.POSITIVE_INFINITY, 1, 7];
