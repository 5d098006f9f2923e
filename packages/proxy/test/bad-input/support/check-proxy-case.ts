import { expect } from 'vitest';
import { cutsOf } from './cuts-of.ts';
import { ForeignOrigin } from './foreign-origin.ts';
import type { ProxyCase, ProxyKind } from './proxy-case.ts';
import { get, OK, seen } from './proxy-case.ts';
import { inputFor, ProxyStage } from './proxy-stage.ts';

/**
 * Sends cases to one proxy, cut in every way, and looks at both sides: what the client gets, and what a foreign parser finds in
 * what the proxy sends on. After that, another client is served as if nothing had been.
 *
 * @param step - How densely inputs are cut; see {@link cutsOf}.
 */
export async function checkProxyCases(kind: ProxyKind, cases: readonly ProxyCase[], step: number): Promise<void> {
  const origin = new ForeignOrigin();
  const stage = new ProxyStage(kind, (stream) => origin.accept(stream));
  for (const { answers, end = 'closed', forwards = [], emits, ending, input, name } of cases) {
    for (const { name: cut, parts } of cutsOf(inputFor(kind, input), step)) {
      const outcome = await stage.run(parts, ending);
      const { bytes, requests, errors } = origin.take();
      const what = { kind, name, cut };
      expect({ ...what, ...outcome, requests }).toEqual({ ...what, answers, end, requests: forwards });
      if (cut === 'whole' && emits !== undefined) expect(bytes).toBe(emits);
      // What was begun and can't be ended is broken off; nothing else is a riddle for the origin.
      expect(errors.filter((code) => !BROKEN_OFF.has(code))).toEqual([]);
    }
  }
  expect(await stage.run([Buffer.from(inputFor(kind, get()), 'latin1')])).toEqual({ answers: OK, end: 'kept' });
  expect(origin.take().requests).toEqual([seen('GET /')]);
  expect(stage.errors).toEqual([]);
  await stage.close();
  expect(origin.openCount).toBe(0);
  expect(stage.clock.pendingTimers).toBe(0);
}

const BROKEN_OFF: ReadonlySet<string> = new Set(['ECONNRESET', 'LML_ERR_STREAM_RESET', 'HPE_INVALID_EOF_STATE']);
