import type { BenchRow } from './bench-row.ts';
import { withSubjectsOf } from './subject-process.ts';

/**
 * The same row, with our own contestants of two copies of this repository: what a change has cost.
 *
 * @param root - The other copy, with its dependencies installed.
 * @returns `undefined` if the row has no contestant of ours.
 */
export function againstRow(row: BenchRow, root: string): BenchRow | undefined {
  const ours = Object.entries(row.contestants).filter(([name]) => name.startsWith('lamella'));
  if (ours.length === 0) return undefined;
  return {
    ...row,
    contestants: Object.fromEntries(
      ours.flatMap(([name, start]) => [
        [`${name}, the other copy`, () => withSubjectsOf(root, start)],
        [name, start],
      ]),
    ),
    targets: ours.map(([name]) => ({ of: name, to: `${name}, the other copy`, atLeast: MAY_DIFFER })),
  };
}

/** Two runs of one and the same differ by that much on a shared machine. */
const MAY_DIFFER = 0.95;
