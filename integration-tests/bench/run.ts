import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { rows } from './rows/index.ts';
import { againstRow } from './support/against.ts';
import { profileRow } from './support/profile.ts';
import { reportMemory, reportRow } from './support/report.ts';
import { countRounds, runRounds } from './support/rounds.ts';

const HELP = `Measures us beside others: work for each second of CPU time, in turns, with medians. It wants a quiet machine.

pnpm bench [NAME ...] [--rounds N] [--seconds N]   the whole table, or single rows; 5 rounds of 2 s unless told
pnpm bench [NAME ...] --against FOLDER             our contestants beside those of another copy of the repository
pnpm bench NAME --profile                          where the CPU time of each contestant goes
pnpm bench --list                                  the rows`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    help: { type: 'boolean', short: 'h', default: false },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    profile: { type: 'boolean', default: false },
    against: { type: 'string' },
    list: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
if (values.list) {
  for (const row of rows) console.log(`${row.name.padEnd(16)} ${row.about}`);
  process.exit(0);
}
for (const name of ['rounds', 'seconds'] as const) {
  if (/^[1-9]\d{0,3}$/.test(values[name])) continue;
  console.error(`--${name} must be a whole number from 1 to 9999, such as: pnpm bench client --${name} 3`);
  process.exit(2);
}
if (values.profile) {
  const folder = mkdtempSync(join(tmpdir(), 'lamella-profile-'));
  process.env['LAMELLA_BENCH_PROFILE'] = folder;
  process.on('exit', () => rmSync(folder, { recursive: true }));
}
const unknown = positionals.filter((name) => rows.every((row) => row.name !== name));
if (unknown.length > 0) {
  console.error(`no row is named ${unknown.join(', ')}; there are: ${rows.map((row) => row.name).join(', ')}`);
  process.exit(2);
}
const { against } = values;
const named = positionals.length === 0 ? rows : rows.filter((row) => positionals.includes(row.name));
const chosen =
  against === undefined ? named : named.flatMap((row) => (row.type === 'rate' ? (againstRow(row, against) ?? []) : []));
const onProgress = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
};

console.log(
  `Node ${process.version}, ${new Date().toISOString().slice(0, 10)}, ${values.rounds} rounds of ${values.seconds} s\n`,
);
for (const row of chosen) {
  if (values.profile) {
    if (row.type === 'rate') console.log(await profileRow(row, { seconds: Number(values.seconds), onProgress }));
    continue;
  }
  const rounds = Number(values.rounds);
  const { text, isReached } =
    row.type === 'memory'
      ? reportMemory(row, await countRounds(row, { rounds, onProgress }))
      : reportRow(row, await runRounds(row, { rounds, seconds: Number(values.seconds), onProgress }));
  onProgress('');
  console.log(text);
  if (!isReached) process.exitCode = 1;
}
