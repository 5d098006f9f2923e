import { residentMiB } from './start-process.ts';

/** Memory of a process over some time, in MiB. */
export interface MemorySeen {
  /** The median: what the process holds. */
  readonly levelMiB: number;
  /** The most: with garbage that waits to be collected. */
  readonly peakMiB: number;
}

/** Looks every 20 ms how much memory of a process is in RAM, as long as `work` is under way. */
export async function memoryDuring(pid: number, work: () => Promise<void>): Promise<MemorySeen> {
  const samples = [residentMiB(pid)];
  const timer = setInterval(() => samples.push(residentMiB(pid)), 20);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  samples.sort((first, second) => first - second);
  return { levelMiB: samples[samples.length >> 1] ?? 0, peakMiB: samples.at(-1) ?? 0 };
}
