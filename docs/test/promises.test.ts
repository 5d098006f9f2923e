import { globSync, readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { linksOf } from './support/page.ts';
import { root } from './support/pages.ts';

const page = resolve(root, 'docs/promises.md');
const text = readFileSync(page, 'utf8');

describe('the page of promises', () => {
  it('names tests in every row', () => {
    const rows = text.split('\n').filter((line) => line.startsWith('| **'));
    expect(rows.length).toBeGreaterThan(15);
    const untested = rows.filter((row) => !linksOf(row).some((target) => target.endsWith('.test.ts')));
    expect(untested).toEqual([]);
  });

  it('leaves out no test that was written to show a promise', () => {
    const named = linksOf(text).map((target) => relative(root, resolve(root, 'docs', target)));
    const written = globSync('integration-tests/{promises,promises-grpc,promises-h2,promises-streams}/*.test.ts', {
      cwd: root,
    });
    expect(written.filter((file) => !named.includes(file))).toEqual([]);
  });
});
