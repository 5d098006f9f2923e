import type { BenchRow } from '../support/bench-row.ts';
import { helloRow, largeRow, postRow } from './server-rows.ts';

export const rows: readonly BenchRow[] = [helloRow, postRow, largeRow];
