import { describe, it } from 'vitest';
import { useLedger } from '../support/ledger.ts';
import { interopWays } from './interop-ways.ts';
import { loadCases } from './load-cases.ts';
import { streamCases } from './stream-cases.ts';
import { unaryCases } from './unary-cases.ts';

// interop-test-descriptions.md of grpc/grpc. By hand: pnpm exec vitest run --project integration-tests interop-grpc
describe.each(interopWays)('$name', ({ can, open }) => {
  useLedger();

  const cases = [...unaryCases, ...streamCases, ...loadCases].filter(
    ({ needs }) => needs === undefined || can.includes(needs),
  );
  it.each(cases)('$name', async ({ run }) => run(await open()));
});
