import { checkLedger } from '@lamella/net-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { brokenRequestRows } from './support/rows/broken-requests.ts';
import { brokenResponseRows } from './support/rows/broken-responses.ts';
import { manyAtOnceRows } from './support/rows/many-at-once.ts';
import { refusalRows } from './support/rows/refusals.ts';
import { requestContentRows } from './support/rows/request-contents.ts';
import { requestFieldRows } from './support/rows/request-fields.ts';
import { responseContentRows } from './support/rows/response-contents.ts';
import { responseFieldRows } from './support/rows/response-fields.ts';
import { statusRows } from './support/rows/statuses.ts';
import { targetRows } from './support/rows/targets.ts';
import { tunnelRows } from './support/rows/tunnels.ts';
import type { TranslationRow } from './support/translation-row.ts';
import { WAYS } from './support/translation-row.ts';
import { expectedOf, play } from './support/translation-stage.ts';

checkLedger({ beforeEach, afterEach });

const TABLE: Readonly<Record<string, readonly TranslationRow[]>> = {
  'method, scheme, host and path': targetRows,
  'fields of requests': requestFieldRows,
  'fields of responses': responseFieldRows,
  'statuses and interim responses': statusRows,
  'content of requests': requestContentRows,
  'content of responses': responseContentRows,
  'upgrades and tunnels': tunnelRows,
  'large heads, and requests that share a connection': manyAtOnceRows,
  'requests that are broken off': brokenRequestRows,
  'responses that are broken off': brokenResponseRows,
  'what is refused': refusalRows,
};

const HEADS: ReadonlySet<string> = new Set(['method, scheme, host and path', 'fields of requests', 'what is refused']);

describe('the table', () => {
  const rows = Object.entries(TABLE).flatMap(([about, each]) => each.map((row) => ({ about, ...row })));
  const cases = rows.flatMap((row) => casesOf(row).map(({ way }) => ({ way, name: `${row.about}: ${row.rule}` })));

  it('has each rule once, and none without a way', () => {
    const rules = rows.map(({ about, rule }) => `${about}: ${rule}`);
    expect(rules.filter((rule, index) => rules.indexOf(rule) < index)).toEqual([]);
    expect(rules.filter((rule) => !cases.some(({ name }) => name === rule))).toEqual([]);
    expect(rules.length).toBeGreaterThanOrEqual(240);
  });

  it.each(WAYS)('covers the way %s', (way) => {
    expect(cases.filter((each) => each.way === way).length).toBeGreaterThan(100);
  });
});

describe.each(Object.entries(TABLE))('%s, from one version to another', (_, rows) => {
  it.each(rows.flatMap(casesOf))('$way: $rule', async ({ row, way }) => {
    expect(await play(row, way)).toEqual(expectedOf(row, way));
  });
});

// Content that comes in pieces is framed in another way; heads are not.
describe.each(Object.entries(TABLE).filter(([about]) => HEADS.has(about)))('%s, byte by byte', (_, rows) => {
  it.each(rows.flatMap(casesOf))('$way: $rule', async ({ row, way }) => {
    expect(await play(row, way, true)).toEqual(expectedOf(row, way));
  });
});

function casesOf(row: TranslationRow) {
  return WAYS.filter((way) => way in row.ways).map((way) => ({ way, rule: row.rule, row }));
}
