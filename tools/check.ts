/** Everything that must hold besides the tests, one line for each question; goes on to the end, and tells what failed. */
import type { Step } from './check/run-steps.ts';
import { runSteps } from './check/run-steps.ts';
import { pnpmCommand, root, toolPath } from './workspace.ts';

const script = (name: string): readonly string[] => [process.execPath, `tools/${name}.ts`];

const FOLDERS = ['packages', 'apps', 'integration-tests', 'docs', 'tools'];

/** The build stands first, since others wait for it. */
const STEPS: readonly Step[] = [
  { name: 'build', command: [...pnpmCommand(), 'build'] },
  { name: 'format and lint', command: [toolPath('biome'), 'ci', '--error-on-warnings', '--colors=off'] },
  { name: 'types', command: script('types') },
  { name: 'direction of imports', command: [toolPath('depcruise'), '--config', '.dependency-cruiser.mjs', ...FOLDERS] },
  { name: 'dead code', command: [toolPath('knip'), '--no-progress', '--no-config-hints'] },
  { name: 'documentation', command: script('documentation') },
  { name: 'file sizes', command: script('file-sizes') },
  { name: 'API reports', command: script('api-reports'), after: 'build' },
  { name: 'tarballs', command: script('tarballs'), after: 'build' },
  { name: 'release dry run', command: script('release-dry-run'), after: 'build' },
];

const startedAt = performance.now();
const failed = await runSteps(STEPS, {
  cwd: root,
  concurrency: 2,
  onResult({ step, ok, seconds, output }) {
    console.log(`${step.name.padEnd(22)} ${ok ? 'ok    ' : 'FAILED'} ${seconds.toFixed(1).padStart(6)} s`);
    if (!ok) console.log(output.trimEnd().replace(/^/gm, '    '));
  },
});

const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
const names = failed.map(({ name }) => name).join(', ');
console.log(failed.length === 0 ? `all of ${STEPS.length} ok in ${seconds} s` : `${names} FAILED, in ${seconds} s`);
process.exitCode = failed.length === 0 ? 0 : 1;
