import type { BenchRow, Contestant, Sample } from './bench-row.ts';

/** All rounds of a row, by contestant. */
export type RowSamples = ReadonlyMap<string, readonly Sample[]>;

/**
 * Takes the contestants in turns, each round in the reverse order of the one before: what the machine does meanwhile hits all alike.
 */
export async function runRounds(
  row: BenchRow,
  options: { readonly rounds: number; readonly seconds: number; readonly onProgress: (text: string) => void },
): Promise<RowSamples> {
  const { rounds, seconds, onProgress } = options;
  const running = new Map<string, Contestant>();
  const samples = new Map<string, Sample[]>();
  try {
    for (const [name, start] of Object.entries(row.contestants)) {
      onProgress(`${row.name}: starting ${name}`);
      const contestant = await start();
      running.set(name, contestant);
      samples.set(name, []);
      await contestant.measure(WARM_UP_SECONDS);
    }
    for (let round = 0; round < rounds; round++) {
      const order = [...running];
      if (round % 2 === 1) order.reverse();
      for (const [name, contestant] of order) {
        onProgress(`${row.name}: round ${round + 1} of ${rounds}, ${name}`);
        samples.get(name)?.push(await contestant.measure(seconds));
      }
    }
  } finally {
    for (const contestant of running.values()) await contestant.stop();
  }
  return samples;
}

/** Units per second of the subject's CPU. */
export function perCpuSecond(sample: Sample): number {
  return sample.units / sample.cpuSeconds;
}

export function perWallSecond(sample: Sample): number {
  return sample.units / sample.wallSeconds;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

const WARM_UP_SECONDS = 1;
