import { checkLedger } from '@lamella/net-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { conformanceRows } from './support/conformance-cases.ts';
import { echoAll, openSocket } from './support/raw-peer.ts';

checkLedger({ beforeEach, afterEach });

/** Every row is sent in one piece, frame by frame, and, if it is short, byte by byte. */
const WAYS = ['whole', 'by frames', 'by bytes'] as const;

describe.each(['server', 'client'] as const)('a %s', (role) => {
  describe.each(WAYS)('that gets its frames %s', (way) => {
    const rows = conformanceRows.filter(({ send }) => way !== 'by bytes' || isShort(send));
    it.each(rows)('$group: $name', async ({ send, expected }) => {
      const { socket, peer, clock } = openSocket(role);
      const echoed = echoAll(socket);
      const seen: string[] = [];
      for (const piece of piecesOf(
        peer.encode(...send),
        send.map((frame) => peer.encode(frame)),
        way,
      )) {
        peer.sendBytes(piece);
        // What is answered at once, and what is read later by the application, keep the order of their frames this way.
        if (way === 'by frames') seen.push(...(await peer.seen()));
      }
      seen.push(...(await peer.seen()));
      if (way === 'by frames') expect(seen).toEqual(expected);
      else expect(failureApart(seen)).toEqual(failureApart(expected));

      if (!seen.at(-1)?.startsWith('close')) peer.close(1000);
      await peer.seen();
      void peer.stream.closeWrite();
      await echoed;
      expect((await socket.closed).code).toBeGreaterThan(0);
      expect(clock.pendingTimers).toBe(0);
      peer.stream.destroy();
    });
  });
});

/**
 * A message may reach the application after the failure that came in the same packet: its echo is not sent any more. Pongs and
 * messages of one packet have no order either, since pongs need no application.
 */
function failureApart(frames: readonly string[]): { readonly close: string | undefined; readonly frames: string[] } {
  const close = frames.find((frame) => frame.startsWith('close'));
  const isFailed = close === 'close 1002' || close === 'close 1007';
  const isAnswer = (frame: string): boolean => frame.startsWith('pong') || (!isFailed && !frame.startsWith('close'));
  return { close, frames: frames.filter(isAnswer).sort() };
}

function isShort(frames: readonly { readonly payload?: Uint8Array | string }[]): boolean {
  return frames.reduce((sum, { payload }) => sum + (payload?.length ?? 0), 0) < 1_000;
}

function piecesOf(whole: Buffer, frames: readonly Buffer[], way: (typeof WAYS)[number]): readonly Buffer[] {
  if (way === 'whole') return [whole];
  return way === 'by frames' ? frames : Array.from(whole, (byte) => Buffer.of(byte));
}
