import type { SoakReport } from './soak.ts';

/** What is wrong with a soak, a line each; none if it passed. */
export function soakProblems(report: SoakReport): readonly string[] {
  const { failures, rssGrowthBytes, heapGrowthBytes, drained } = report;
  const problems = failures.map((failure) => `failed: ${failure}`);
  if (rssGrowthBytes >= MAX_RSS_GROWTH) problems.push(`memory in RAM grew by ${rssGrowthBytes} bytes`);
  if (heapGrowthBytes >= MAX_HEAP_GROWTH) problems.push(`the heap grew by ${heapGrowthBytes} bytes`);
  for (const [kind, count] of Object.entries(drained.resources)) problems.push(`left open: ${count} ${kind}`);
  for (const task of drained.unfinishedTasks) problems.push(`not finished: ${task}`);
  for (const error of drained.errors) problems.push(`the server reported: ${error}`);
  return problems;
}

const MAX_RSS_GROWTH = 16 * 1024 * 1024;
const MAX_HEAP_GROWTH = 5_000_000;
