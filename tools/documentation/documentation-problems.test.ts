import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documentationProblems } from './documentation-problems.ts';

/** One package for each test; compiled together, since a compiler takes its time to start. */
const SOURCES: Readonly<Record<string, string>> = {
  fine: `/** The answer.
 *
 * @example
 * const sum: number = answer + question.length; // 50
 */
export const answer = 42;
`,
  asked: `/** What was asked. */
export const question = 'what is?';
`,
  bare: `export const secret = 42;
/** Not alone. */
export const known = 1;
`,
  options: `/** How. */
export interface WaitOptions {
  readonly waitMs: number;
  /** How often. */
  readonly turns: number;
}
/** Where: fields of other shapes may speak for themselves. */
export interface Place {
  readonly x: number;
}
`,
  wrong: `/** Twice.
 *
 * @example
 * twice(4); // 8
 * twice('four');
 */
export function twice(value: number): number {
  return value * 2;
}
`,
  unknown: `/** One.
 *
 * @example
 * const two = one + unknownThing;
 */
export const one = 1;
`,
  shared: `/** All: a constant and its value share the comment.
 *
 * @example
 * all.push(wrong);
 */
export const all: number[] = [1, 2];
`,
};

describe('documentationProblems', () => {
  let scratch = '';
  let found: ReturnType<typeof documentationProblems>;
  const problemsOf = (name: string): string[] => {
    return found.problems.filter((problem) => problem.includes(`packages/${name}/src/`));
  };

  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), 'lamella-documentation-'));
    found = documentationProblems(Object.entries(SOURCES).map(([name, text]) => entryIn(scratch, name, text)));
  });
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  it('finds nothing in what is documented, with an example that uses its own package and another', () => {
    expect([...problemsOf('fine'), ...problemsOf('asked')]).toEqual([]);
  });

  it('finds an export without documentation', () => {
    expect(problemsOf('bare')).toEqual([
      expect.stringMatching(/index\.ts:1: secret of @lamella\/bare has no documentation$/),
    ]);
  });

  it('finds an option without documentation', () => {
    expect(problemsOf('options')).toEqual([
      expect.stringMatching(/index\.ts:3: WaitOptions\.waitMs of @lamella\/options/),
    ]);
  });

  it('finds an example that does not compile, at its line', () => {
    expect(problemsOf('wrong')).toEqual([expect.stringMatching(/index\.ts:5: @example: Argument of type 'string'/)]);
  });

  it('finds an example that names what nobody exports', () => {
    expect(problemsOf('unknown')).toEqual([
      expect.stringMatching(/index\.ts:4: @example: Cannot find name 'unknownThing'/),
    ]);
  });

  it('tells the problem of an example once, and counts each example once', () => {
    expect(problemsOf('shared')).toHaveLength(1);
    expect(found.exampleCount).toBe(4);
  });
});

function entryIn(scratch: string, name: string, text: string): { specifier: string; path: string } {
  const path = join(scratch, 'packages', name, 'src/index.ts');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  writeFileSync(join(scratch, 'packages', name, 'package.json'), '{ "type": "module" }');
  return { specifier: `@lamella/${name}`, path };
}
