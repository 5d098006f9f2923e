import type { BenchRow, Contestant, MemoryRow, Sample } from './bench-row.ts';

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
      await warmUp(contestant, row.warmUpCpuSeconds ?? WARM_UP_CPU_SECONDS);
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

/**
 * By processor time: what a contestant gets of it on a shared machine is another part each time, and as long as its code is still being compiled,
 * that is what a round measures.
 */
async function warmUp(contestant: Contestant, wantedSeconds: number): Promise<void> {
  let usedSeconds = 0;
  for (let tries = 0; tries < TRIES_PER_SECOND * wantedSeconds && usedSeconds < wantedSeconds; tries++) {
    usedSeconds += (await contestant.measure(1)).cpuSeconds;
  }
}

/** All rounds of a row that counts memory, by contestant, in turns. */
export async function countRounds(
  row: MemoryRow,
  options: { readonly rounds: number; readonly onProgress: (text: string) => void },
): Promise<ReadonlyMap<string, readonly number[]>> {
  const samples = new Map<string, number[]>(Object.keys(row.contestants).map((name) => [name, []]));
  for (let round = 0; round < options.rounds; round++) {
    const order = Object.entries(row.contestants);
    if (round % 2 === 1) order.reverse();
    for (const [name, count] of order) {
      options.onProgress(`${row.name}: round ${round + 1} of ${options.rounds}, ${name}`);
      samples.get(name)?.push(await count());
    }
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

const WARM_UP_CPU_SECONDS = 3;
/** Of a second each: a busy machine may give a contestant a third of it. */
const TRIES_PER_SECOND = 3;
