// pnpm soak [--minutes N] [--rate N] [--grpc]: a mixed load on a process of its own, and what that holds afterwards.
import { parseArgs } from 'node:util';
import { soak } from './soak.ts';
import { soakProblems } from './soak-problems.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '0.5' },
    rate: { type: 'string', default: '150' },
    grpc: { type: 'boolean', default: false },
  },
});
const seconds = Number(values.minutes) * 60;
const ratePerSecond = Number(values.rate);
if (!(seconds > 0) || !(ratePerSecond > 0)) {
  console.error('--minutes and --rate must be greater than 0, such as: pnpm soak --minutes 20 --rate 300');
  process.exit(2);
}
const onProgress = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
};
const report = await soak({ seconds, ratePerSecond, onlyGrpc: values.grpc, onProgress });
onProgress('');
const mib = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
for (const [name, count] of Object.entries(report.started)) console.log(`${String(count).padStart(8)}  ${name}`);
console.log(`memory in RAM after warm-up: ${mib(report.rssGrowthBytes)} more (limit 16 MiB)`);
console.log(`heap after garbage collection: ${mib(report.heapGrowthBytes)} more (limit 5 MB)`);
console.log(`open at the end: ${JSON.stringify(report.drained.resources)}`);
const problems = soakProblems(report);
for (const problem of problems) console.error(problem);
console.log(problems.length === 0 ? 'passed' : `failed: ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
