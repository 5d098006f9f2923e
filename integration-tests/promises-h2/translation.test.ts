import { checkLedger } from '@lamella/net-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { endRows } from './support/rows/ends.ts';
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
  'messages that are broken off': endRows,
  'what is refused': refusalRows,
};

describe.each(Object.entries(TABLE))('%s, from one version to another', (_, rows) => {
  const cases = rows.flatMap((row) =>
    WAYS.filter((way) => way in row.ways).map((way) => ({ way, rule: row.rule, row })),
  );
  it.each(cases)('$way: $rule', async ({ row, way }) => {
    expect(await play(row, way)).toEqual(expectedOf(row, way));
  });
});
