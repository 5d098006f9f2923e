import { checkLedger } from '@lamella/net-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { proxyCases } from './rows/proxy-cases.ts';
import { cutsOf } from './support/cuts-of.ts';
import { ForeignOrigin } from './support/foreign-origin.ts';
import type { ProxyCase, ProxyKind } from './support/proxy-case.ts';
import { get, OK, seen } from './support/proxy-case.ts';
import { inputFor, ProxyStage } from './support/proxy-stage.ts';

checkLedger({ beforeEach, afterEach });

describe.each(Object.entries(proxyCases))('a proxy, %s', (_theme, rows) => {
  it.each(rows)('$name: $rule', async (row) => {
    for (const kind of row.via === undefined ? (['forward', 'reverse'] as const) : [row.via]) {
      await check(kind, row);
    }
  });
});

async function check(kind: ProxyKind, row: ProxyCase): Promise<void> {
  const { answers, end = 'closed', forwards = [], emits, ending } = row;
  const origin = new ForeignOrigin();
  const stage = new ProxyStage(kind, (stream) => origin.accept(stream));
  for (const { name, parts } of cutsOf(inputFor(kind, row.input), 3)) {
    const outcome = await stage.run(parts, ending);
    const { bytes, requests, errors } = origin.take();
    expect({ kind, name, ...outcome, requests }).toEqual({ kind, name, answers, end, requests: forwards });
    if (name === 'whole' && emits !== undefined) expect(bytes).toBe(emits);
    if (forwards.length === 0) expect(origin.openCount).toBeLessThanOrEqual(1);
    // What was begun and can't be ended is broken off; nothing else is a riddle for the origin.
    expect(errors.filter((code) => !BROKEN_OFF.has(code))).toEqual([]);
  }
  expect(await stage.run([Buffer.from(inputFor(kind, get()), 'latin1')])).toEqual({ answers: OK, end: 'kept' });
  expect(origin.take().requests).toEqual([seen('GET /')]);
  expect(stage.errors).toEqual([]);
  await stage.close();
  expect(origin.openCount).toBe(0);
  expect(stage.clock.pendingTimers).toBe(0);
}

const BROKEN_OFF: ReadonlySet<string> = new Set(['ECONNRESET', 'LML_ERR_STREAM_RESET', 'HPE_INVALID_EOF_STATE']);
