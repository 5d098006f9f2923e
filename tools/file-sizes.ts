/** Files that one person can hold in the head: warns over 400 lines, fails over 600. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './workspace.ts';

const WARN_LINES = 400;
const FAIL_LINES = 600;

/** Generated tables and fixtures may be as long as they are. */
const ALLOWED: readonly RegExp[] = [/\/fixtures\//];

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts', '*.mjs'], {
  cwd: root,
  encoding: 'utf8',
});
const sizes = files
  .split('\n')
  // A file that was deleted and not yet committed is listed, and gone.
  .filter((path) => path !== '' && existsSync(join(root, path)) && !ALLOWED.some((allowed) => allowed.test(path)))
  .map((path) => ({ path, lines: readFileSync(join(root, path), 'utf8').split('\n').length - 1 }))
  .filter(({ lines }) => lines > WARN_LINES)
  .sort((one, other) => other.lines - one.lines);

for (const { path, lines } of sizes) {
  if (lines > FAIL_LINES) console.error(`${path} has ${lines} lines, more than ${FAIL_LINES}: split it`);
  else console.log(`${path} has ${lines} lines; is it one idea?`);
}
process.exitCode = sizes.some(({ lines }) => lines > FAIL_LINES) ? 1 : 0;
