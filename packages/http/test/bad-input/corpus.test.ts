import { describe, expect, it } from 'vitest';
import { badRequests } from './rows/bad-requests.ts';
import { badResponses } from './rows/bad-responses.ts';
import { earlyEnds } from './rows/early-ends.ts';
import { earlyResponseEnds } from './rows/early-responses.ts';

describe('the corpus of bad input', () => {
  const rows = [
    ...Object.entries({ ...badRequests, 'requests broken off': earlyEnds }).flatMap(byRole('server')),
    ...Object.entries({ ...badResponses, 'responses broken off': earlyResponseEnds }).flatMap(byRole('client')),
  ];

  it('has at least 250 rows, each of which breaks a rule in a way of its own', () => {
    expect(rows.length).toBeGreaterThanOrEqual(250);
    expect(repeated(rows.map(({ role, rule }) => `${role}: ${rule}`))).toEqual([]);
    expect(repeated(rows.map(({ role, theme, name }) => `${role}, ${theme} ${name}`))).toEqual([]);
  });

  it('names a section of a standard in each row', () => {
    expect(
      rows.map(({ rule }) => rule).filter((rule) => !/RFC [0-9]{4} (?:section|appendix) [0-9B.]+/.test(rule)),
    ).toEqual([]);
  });
});

function byRole(role: string) {
  return ([theme, rows]: readonly [string, readonly { readonly name: string; readonly rule: string }[]]) =>
    rows.map(({ name, rule }) => ({ role, theme, name, rule }));
}

function repeated(texts: readonly string[]): string[] {
  return texts.filter((text, index) => texts.indexOf(text) !== index);
}
