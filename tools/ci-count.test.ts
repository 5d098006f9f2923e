import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { root, toolPath } from './workspace.ts';

describe('.ci/count.mjs', () => {
  it('adds the tests of all parts up', () => {
    const reports = {
      'check.exit': '0',
      'tests.exit': '0',
      'tests.json': report(['passed', 'passed']),
      'other.exit': '0',
    };
    expect(count({ ...reports, 'other.json': report(['passed', 'skipped']) })).toEqual(['3 passed, 0 failed', 0]);
  });

  it('counts failed tests once, not their exit code too', () => {
    expect(count({ 'tests.exit': '1', 'tests.json': report(['passed', 'failed', 'failed']) })).toEqual([
      '1 passed, 2 failed',
      1,
    ]);
  });

  it('counts a part that failed without a failed test, as an error between the tests does', () => {
    expect(count({ 'tests.exit': '1', 'tests.json': report(['passed']) })).toEqual(['1 passed, 1 failed', 1]);
    expect(count({ 'check.exit': '1', 'tests.exit': '0', 'tests.json': report(['passed']) })).toEqual([
      '1 passed, 1 failed',
      1,
    ]);
  });

  it('counts a part that died before it could report', () => {
    expect(count({ 'tests.exit': '137' })).toEqual(['0 passed, 1 failed', 1]);
  });

  it('counts a file that could not be read', () => {
    const broken = JSON.stringify({ numPassedTests: 0, testResults: [{ status: 'failed', assertionResults: [] }] });
    expect(count({ 'tests.exit': '1', 'tests.json': broken })).toEqual(['0 passed, 1 failed', 1]);
  });

  it('says which tests have failed and how that begins, above the line that counts', () => {
    const failed = { status: 'failed', fullName: 'adds up', failureMessages: ['Error: 1 is not 2\n    at add\n'] };
    const results = { numPassedTests: 1, testResults: [{ name: 'sums.test.ts', assertionResults: [failed] }] };
    const { lines } = printed({ 'tests.exit': '1', 'tests.json': JSON.stringify(results) });
    expect(lines).toEqual([
      'tests: exit code 1, 1 failed tests',
      '  sums.test.ts: adds up',
      '    Error: 1 is not 2',
      '        at add',
      '1 passed, 1 failed',
    ]);
  });

  it('does not call a run green in which nothing was tested', () => {
    expect(count({ 'tests.exit': '0', 'tests.json': report([]) })).toEqual(['0 passed, 0 failed', 1]);
  });
});

function report(tests: readonly string[]): string {
  return JSON.stringify({
    numPassedTests: tests.filter((status) => status === 'passed').length,
    testResults: [
      { status: tests.includes('failed') ? 'failed' : 'passed', assertionResults: tests.map((status) => ({ status })) },
    ],
  });
}

/** @returns The last line, and the exit code. */
function count(reports: Readonly<Record<string, string>>): [string | undefined, number | null] {
  const { lines, status } = printed(reports);
  return [lines.at(-1), status];
}

function printed(reports: Readonly<Record<string, string>>): { lines: readonly string[]; status: number | null } {
  const folder = mkdtempSync(join(tmpdir(), 'lamella-count-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(reports)) writeFileSync(join(folder, name), text);
  const { stdout, status } = spawnSync(toolPath('node'), [join(root, '.ci/count.mjs'), folder], { encoding: 'utf8' });
  return { lines: stdout.trim().split('\n'), status };
}
