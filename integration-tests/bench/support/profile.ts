import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { BenchRow, Contestant } from './bench-row.ts';
import { perCpuSecond } from './rounds.ts';

/**
 * Where the CPU time of each contestant goes, as a Markdown table: microseconds for each unit in the kernel, in native code (of Node and
 * V8, or of a foreign server), and in JavaScript by who wrote it. Needs `perf` of the Linux tools.
 */
export async function profileRow(
  row: BenchRow,
  { seconds, onProgress }: { readonly seconds: number; readonly onProgress: (text: string) => void },
): Promise<string> {
  const heads = ['kernel', 'native', 'JavaScript of Node', 'JavaScript of Lamella', 'other JavaScript'];
  const lines = [
    `### ${row.name}: profile`,
    '',
    `| contestant | CPU microseconds for each of the ${row.unit.label} | ${heads.join(' | ')} |`,
    `|---|---|${heads.map(() => '---|').join('')}`,
  ];
  for (const [name, start] of Object.entries(row.contestants)) {
    onProgress(`${row.name}: profile of ${name}`);
    const contestant = await start();
    try {
      await contestant.measure(WARM_UP_SECONDS);
      const { microseconds, shares } = await profile(contestant, row.unit.size, seconds);
      const cells = shares.map((share) => `${(share * microseconds).toFixed(1)} (${Math.round(100 * share)} %)`);
      lines.push(`| ${name} | ${microseconds.toFixed(1)} | ${cells.join(' | ')} |`);
    } finally {
      await contestant.stop();
      rmSync(`/tmp/perf-${contestant.pid}.map`, { force: true }); // where V8 has written names for perf
    }
  }
  return `${lines.join('\n')}\n`;
}

async function profile(
  contestant: Contestant,
  unitSize: number,
  seconds: number,
): Promise<{ readonly microseconds: number; readonly shares: readonly number[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'lamella-profile-'));
  const data = join(folder, 'perf.data');
  try {
    const record = ['record', '-e', 'cpu-clock', '-F', '1999', '-p', String(contestant.pid), '-o', data];
    const recording = run('perf', [...record, '--', 'sleep', String(seconds)]);
    const sample = await contestant.measure(seconds);
    await recording;
    const report = ['report', '-i', data, '--no-children', '--sort', 'dso,symbol', '-t', '\t'];
    const { stdout } = await run('perf', report, { maxBuffer: 64 * 1024 * 1024 });
    return { microseconds: (1e6 * unitSize) / perCpuSecond(sample), shares: sharesOf(stdout) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Adds up the lines `12.34% <tab> object <tab> [k] symbol`. */
function sharesOf(report: string): number[] {
  const shares = [0, 0, 0, 0, 0];
  for (const line of report.split('\n')) {
    const [percent = '', , symbol = ''] = line.split('\t');
    const share = Number.parseFloat(percent) / 100;
    if (!Number.isNaN(share)) shares[kindOf(symbol)] = (shares[kindOf(symbol)] ?? 0) + share;
  }
  const total = shares.reduce((sum, share) => sum + share, 0);
  return shares.map((share) => share / total);
}

function kindOf(symbol: string): number {
  if (symbol.startsWith('[k]')) return 0;
  if (!symbol.includes('JS:')) return 1; // regular expressions, builtins and the collector too
  if (symbol.includes(' node:')) return 2;
  return /\/packages\/[a-z-]+\/src\//.test(symbol) ? 3 : 4;
}

const run = promisify(execFile);
const WARM_UP_SECONDS = 2;
