import type { Contestant, Sample } from './bench-row.ts';
import type { SubjectProcess } from './subject-process.ts';

/**
 * A contestant that does its own rounds: `ask` starts one by a line, and its answer is the sample as JSON.
 *
 * @param processes - The first one is the one under measurement.
 */
export function roundContestant(
  ask: (seconds: number) => Promise<string>,
  processes: readonly [SubjectProcess, ...SubjectProcess[]],
  cpuSeconds?: () => Promise<number>,
): Contestant {
  return {
    pid: processes[0].pid,
    async measure(seconds) {
      const before = await cpuSeconds?.();
      const sample = JSON.parse(await ask(seconds)) as Sample; // what our own subject has printed
      const after = await cpuSeconds?.();
      return before === undefined || after === undefined ? sample : { ...sample, cpuSeconds: after - before };
    },
    async stop() {
      for (const each of processes) await each.stop();
    },
  };
}
