import { checkLedger } from '@lamella/net-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codings, framedBy, lengths } from './rows/framing-matrix.ts';
import { endedBy, lineEnds } from './rows/line-ends.ts';
import { proxyCases } from './rows/proxy-cases.ts';
import { checkProxyCases } from './support/check-proxy-case.ts';

checkLedger({ beforeEach, afterEach });

const KINDS = ['forward', 'reverse'] as const;

describe.each(Object.entries(proxyCases))('a proxy, %s', (_theme, rows) => {
  it.each(rows)('$name: $rule', async (row) => {
    for (const kind of row.via === undefined ? KINDS : [row.via]) await checkProxyCases(kind, [row], 5);
  });
});

describe.each(KINDS)('a %s proxy', (kind) => {
  it.each(lengths)(
    'with $name beside every coding, in either order, sends on what it understands, or nothing',
    async (length) => {
      const orders = ['length first', 'coding first'] as const;
      const cases = codings.flatMap((coding) => orders.map((order) => framedBy(length, coding, order)));
      await checkProxyCases(kind, cases, 61);
    },
  );

  it.each(lineEnds)('with %s instead of CRLF at any place sends nothing on', async (name, bytes) => {
    await checkProxyCases(kind, endedBy(name, bytes), 31);
  });
});

describe('the corpus of proxies', () => {
  const rows = Object.values(proxyCases).flat();

  it('has its cases, each with a name and a rule of its own', () => {
    const count = rows.length + lengths.length * codings.length * 2 + lineEnds.length * endedBy('', '').length;
    expect(count).toBeGreaterThanOrEqual(500);
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
    expect(new Set(rows.map(({ rule }) => rule)).size).toBe(rows.length);
    for (const { rule } of rows) expect(rule).toMatch(/RFC [0-9]{4} section [0-9.]+/);
  });
});
