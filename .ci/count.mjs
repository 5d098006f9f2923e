// Counts what .ci/run noted: each part's exit code, and the tests of the parts that ran tests. Runs on any Node.js.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder] = process.argv.slice(2);
let passed = 0;
let failed = 0;

for (const file of readdirSync(folder).filter((name) => name.endsWith('.exit'))) {
  const name = file.slice(0, -'.exit'.length);
  const { passes, failures, names } = testsOf(join(folder, `${name}.json`));
  passed += passes;
  failed += failures;

  const code = readFileSync(join(folder, file), 'utf8').trim();
  if (code === '0' && failures === 0) continue;
  console.log([`${name}: exit code ${code}, ${failures} failed tests`, ...names].join('\n  '));
  // A part that failed without a failed test: a check, an error between the tests, a worker that died, no time left.
  if (failures === 0) failed += 1;
}

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

function testsOf(path) {
  if (!existsSync(path)) return { passes: 0, failures: 0, names: [] };
  const { numPassedTests, testResults } = JSON.parse(readFileSync(path, 'utf8'));
  // A file that could not be read has failed, and has no tests.
  const failures = testResults.map(({ status, assertionResults }) => {
    const own = assertionResults.filter((test) => test.status === 'failed').length;
    return status === 'failed' ? Math.max(own, 1) : own;
  });
  const names = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter((test) => test.status === 'failed')
      .flatMap(({ fullName, failureMessages }) => [`${name}: ${fullName}`, ...beginOf(failureMessages?.[0])]),
  );
  return { passes: numPassedTests, failures: failures.reduce((sum, count) => sum + count, 0), names };
}

/** Who reads only the end of the output still learns what went wrong. */
function beginOf(message = '') {
  const lines = message.split('\n').slice(0, 6);
  return lines.filter((line) => line.trim() !== '').map((line) => `  ${line.slice(0, 300)}`);
}
