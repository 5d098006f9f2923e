import { expect, it } from 'vitest';
import { soak } from './soak.ts';
import { soakProblems } from './soak-problems.ts';

it('half a minute of mixed load: nothing fails, nothing is left, memory stays', { timeout: 300_000 }, async () => {
  const report = await soak({ seconds: 30, ratePerSecond: 100 });
  expect(soakProblems(report)).toEqual([]);
  expect(Object.values(report.started).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(1_000);
});
