import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutSizes } from '../support/arbitraries.ts';
import type { ExplainedDifference } from './difference.ts';
import { differencesOf } from './difference.ts';
import { EXPLAINED_DIFFERENCES, explanationsOf } from './explained-differences.ts';
import { requestSubject, responseSubject } from './messages.ts';
import { mutated } from './mutations.ts';
import { readWithLamella } from './read-with-lamella.ts';
import { readWithLlhttp } from './read-with-llhttp.ts';
import type { Subject } from './reading.ts';

const WHOLE = [Number.POSITIVE_INFINITY];
const LONG_MS = 120_000; // of a run that somebody asked for, or on a busy machine
// A usual run looks at the same inputs each time, so that it fails for nobody by chance; a long one looks for new ones.
const longRuns = process.env['LAMELLA_DIFFERENTIAL_RUNS'];
const runs = longRuns === undefined ? { numRuns: 2_000, seed: 9_112 } : { numRuns: Number(longRuns) };

describe('our engine and llhttp', () => {
  it.each<[string, fc.Arbitrary<Subject>]>([
    ['requests', requestSubject],
    ['responses', responseSubject],
    ['damaged requests', mutated(requestSubject)],
    ['damaged responses', mutated(responseSubject)],
  ])(
    'read %s alike but for what the table explains, in pieces of any size',
    { timeout: LONG_MS },
    (_what, subjects) => {
      fc.assert(
        fc.property(subjects, cutSizes, (subject, sizes) => {
          const ours = readWithLamella(subject, sizes);
          const theirs = readWithLlhttp(subject, sizes);
          const unexplained = differencesOf(subject, ours, theirs).filter(
            (difference) => explanationsOf(difference).length === 0,
          );
          if (unexplained.length > 0)
            throw new Error(inspect({ subject, ours, theirs }, { depth: 6, breakLength: 200 }));
        }),
        runs,
      );
    },
  );

  it.each<[string, fc.Arbitrary<Subject>]>([
    ['requests', mutated(requestSubject)],
    ['responses', mutated(responseSubject)],
  ])('read %s the same way however they are cut', { timeout: LONG_MS }, (_what, subjects) => {
    fc.assert(
      fc.property(subjects, cutSizes, (subject, sizes) => {
        const inPieces = readWithLamella(subject, sizes);
        const whole = readWithLamella(subject, WHOLE);
        // A line that is cut is not looked at before it has ended; if it never does, that is what is wrong with it.
        const isCutShort = inPieces.code === 'LML_ERR_HTTP1_UNEXPECTED_END' && whole.end === 'refused';
        expect(inPieces).toEqual(isCutShort ? { ...whole, code: inPieces.code } : whole);
      }),
      runs,
    );
  });
});

describe('the table of explained differences', () => {
  it.each(EXPLAINED_DIFFERENCES)('is right about $name', ({ name, example }) => {
    const size = example.input.length;
    for (let at = 1; at <= size; at++) {
      const differences = differencesOf(
        example,
        readWithLamella(example, [at, size]),
        readWithLlhttp(example, [at, size]),
      );
      expect(differences.map(explanationsOf), `cut at ${at}`).toEqual([[name]]);
    }
  });

  it('is the one in the README, row by row', () => {
    const readme = readFileSync(new URL('./README.md', import.meta.url), 'utf8');
    const lines = readme.split('\n').filter((line) => line.startsWith('|'));
    const [, , ...rows] = lines.map((line) => line.split('|').map((cell) => cell.trim()));
    expect(rows).toEqual(EXPLAINED_DIFFERENCES.map(cellsOf));
  });
});

function cellsOf({ name, rule, lamella, llhttp }: ExplainedDifference): string[] {
  return ['', name, rule, lamella, llhttp, ''];
}
