import { setTimeout as sleep } from 'node:timers/promises';
import type { SoakKind, SoakWorld } from './kinds/kind.ts';

/** What a load has done so far. */
export interface LoadCounts {
  /** By kind: how many were started. */
  readonly started: Readonly<Record<string, number>>;
  readonly failures: readonly string[];
  /** Those under way. */
  readonly pending: number;
}

/** A load that goes on until it is stopped. */
export interface Load {
  readonly counts: LoadCounts;
  /** Starts no more, and waits for what is under way, at most 30 s. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts uses of a server, evenly, at a rate, each kind in its turn.
 *
 * @remarks
 * An open loop: a slow server gets no less. But never more than 2,000 are under way: what would be more is not started.
 */
export function startLoad(world: SoakWorld, kinds: readonly SoakKind[], ratePerSecond: number): Load {
  const counts = { started: {} as Record<string, number>, failures: [] as string[], pending: 0 };
  const startMs = performance.now();
  let sent = 0;
  const startOne = async (kind: SoakKind): Promise<void> => {
    counts.started[kind.name] = (counts.started[kind.name] ?? 0) + 1;
    counts.pending++;
    try {
      await kind.run(world);
    } catch (error) {
      if (counts.failures.length < 50) counts.failures.push(`${kind.name}: ${describe(error)}`);
    } finally {
      counts.pending--;
    }
  };
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startMs) / 1000) * ratePerSecond);
    // After a pause of the machine it catches up by a little, not by a flood.
    if (due - sent > ratePerSecond / 4) sent = due - Math.floor(ratePerSecond / 4);
    for (; sent < due; sent++) {
      const kind = kinds[sent % kinds.length];
      if (kind !== undefined && counts.pending < MAX_PENDING) void startOne(kind);
    }
  }, 5);
  return {
    counts,
    async stop() {
      clearInterval(timer);
      for (let waitedMs = 0; counts.pending > 0 && waitedMs < 30_000; waitedMs += 50) await sleep(50);
      if (counts.pending > 0) counts.failures.push(`${counts.pending} never ended`);
    },
  };
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message} (${describe(error.cause)})`;
}

const MAX_PENDING = 2_000;
