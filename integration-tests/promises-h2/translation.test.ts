import { checkLedger } from '@lamella/net-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { requestFieldRows } from './support/rows/request-fields.ts';
import type { TranslationRow } from './support/translation-row.ts';
import { WAYS } from './support/translation-row.ts';
import { expectedOf, play } from './support/translation-stage.ts';

checkLedger({ beforeEach, afterEach });

const TABLE: Readonly<Record<string, readonly TranslationRow[]>> = {
  'fields of requests': requestFieldRows,
};

describe.each(Object.entries(TABLE))('%s, from one version to another', (_, rows) => {
  const cases = rows.flatMap((row) =>
    WAYS.filter((way) => way in row.ways).map((way) => ({ way, rule: row.rule, row })),
  );
  it.each(cases)('$way: $rule', async ({ row, way }) => {
    expect(await play(row, way)).toEqual(expectedOf(row, way));
  });
});
