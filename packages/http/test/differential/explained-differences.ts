import type { Difference, ExplainedDifference } from './difference.ts';
import { CONNECTION_DIFFERENCES } from './differences/connections.ts';
import { FRAMING_DIFFERENCES } from './differences/framing.ts';
import { START_LINE_DIFFERENCES } from './differences/start-lines.ts';
import { TARGET_DIFFERENCES } from './differences/targets.ts';

/** Every difference between the engines that is as it should be. README.md shows them as a table. */
export const EXPLAINED_DIFFERENCES: readonly ExplainedDifference[] = [
  ...START_LINE_DIFFERENCES,
  ...TARGET_DIFFERENCES,
  ...FRAMING_DIFFERENCES,
  ...CONNECTION_DIFFERENCES,
];

/** @returns Names of the rows that explain a difference; none for one that is a fault of either engine. */
export function explanationsOf(difference: Difference): string[] {
  return EXPLAINED_DIFFERENCES.filter((row) => row.explains(difference)).map(({ name }) => name);
}
