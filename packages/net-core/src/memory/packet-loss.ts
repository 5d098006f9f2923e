import type { FullLinkConditions } from './link-conditions.ts';
import type { Random } from './random.ts';

/**
 * How long what is sent stalls because of packets that are lost: a stream hides the loss, but not the wait.
 *
 * @remarks
 * Each retransmission may be lost as well, and waits twice as long as the one before, up to a minute. Nothing is drawn where nothing
 * is lost, so a network without loss plays as it did.
 *
 * @returns In milliseconds; 0 if nothing was lost.
 */
export function lossStallMs({ lossRatio, retransmitMs }: FullLinkConditions, random: Random): number {
  if (lossRatio === 0) return 0;
  let stallMs = 0;
  for (let waitMs = retransmitMs; random.next() < lossRatio; waitMs = Math.min(2 * waitMs, MAX_WAIT_MS)) {
    stallMs += waitMs;
  }
  return stallMs;
}

const MAX_WAIT_MS = 60_000;
