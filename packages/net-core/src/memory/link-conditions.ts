import { UsageError } from '@lamella/service-core';
import type { NumberRange } from './random.ts';

/** What one direction of a connection in memory suffers. */
export interface LinkConditions {
  /** Time from write to arrival, in milliseconds; a range is drawn anew for each write. Default 0. */
  readonly latencyMs?: NumberRange;
  /** Bandwidth in bytes per second, greater than 0. Default `Infinity`. */
  readonly bytesPerSecond?: number;
  /** Share of the writes, and of the packets of a connect, that are lost on the way, 0 to below 1. They arrive after all, but late. Default 0. */
  readonly lossRatio?: number;
  /** Time after which what was lost is sent again, in milliseconds, greater than 0; it doubles each time. Default 200. */
  readonly retransmitMs?: number;
  /** Largest piece that arrives, in bytes, at least 1; a range is drawn anew for each. Default 65_536, as from a socket. */
  readonly chunkBytes?: NumberRange;
  /** Resets the connection when this many bytes have arrived, at least 0. Default: never. */
  readonly resetAfterBytes?: number;
}

/** {@link LinkConditions} with nothing left out. */
export type FullLinkConditions = Required<LinkConditions>;

/** Checks conditions and fills in the defaults. */
export function fullConditions(conditions: LinkConditions): FullLinkConditions {
  const {
    latencyMs = 0,
    bytesPerSecond = Number.POSITIVE_INFINITY,
    lossRatio = 0,
    retransmitMs = 200,
    chunkBytes = 65_536,
    resetAfterBytes = Number.POSITIVE_INFINITY,
  } = conditions;
  requireAtLeast('latencyMs', latencyMs, 0);
  requireAtLeast('chunkBytes', chunkBytes, 1);
  requireAtLeast('resetAfterBytes', resetAfterBytes, 0);
  if (!(bytesPerSecond > 0)) throw new UsageError(`bytesPerSecond must be > 0, got ${bytesPerSecond}`);
  if (!(lossRatio >= 0 && lossRatio < 1)) throw new UsageError(`lossRatio must be >= 0 and < 1, got ${lossRatio}`);
  if (!(retransmitMs > 0)) throw new UsageError(`retransmitMs must be > 0, got ${retransmitMs}`);
  return { latencyMs, bytesPerSecond, lossRatio, retransmitMs, chunkBytes, resetAfterBytes };
}

function requireAtLeast(name: string, range: NumberRange, least: number): void {
  const [minimum, maximum] = typeof range === 'number' ? [range, range] : range;
  if (!(minimum >= least && maximum >= minimum)) {
    throw new UsageError(`${name} must be >= ${least}, smallest first, got ${range}`);
  }
}
