import { checkLedger } from '@lamella/net-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytesOf } from '../support/codec.ts';
import { badResponses } from './rows/bad-responses.ts';
import { earlyResponseEnds } from './rows/early-responses.ts';
import { ClientStage } from './support/client-stage.ts';
import { cutsOf } from './support/cuts-of.ts';

checkLedger({ beforeEach, afterEach });

describe.each(Object.entries(badResponses))('a client, %s', (_theme, rows) => {
  it.each(rows)('$name: $rule', async (row) => {
    const stage = new ClientStage();
    const { code, body = '', isRace = false } = row;
    let count = 0;
    for (const { name, parts } of cutsOf(row.input)) {
      const outcome = await stage.run(parts, row);
      // Where content was read before the error, how much depends on the cut: all of it, or nothing.
      const isGood = code === undefined || (isRace && outcome.code === undefined);
      expect({ name, code: outcome.code }).toEqual({ name, code: isGood ? undefined : code });
      expect(isGood ? [body] : ['', ...prefixesOf(body)]).toContain(outcome.body);
      // The connection is not used again, however the response looked.
      expect(stage.client.gauges()).toEqual([]);
      expect(stage.connectionCount).toBe(++count);
    }
    await expectUnhurt(stage);
  });
});

describe.each(earlyResponseEnds)('a client, responses $name ($rule)', ({ input }) => {
  it.each(['end', 'reset'] as const)('that break off at any byte by %s are told from whole ones', async (ending) => {
    const stage = new ClientStage();
    const headEnd = input.lastIndexOf('HTTP/1.1');
    const bodyStart = input.indexOf('\r\n\r\n', headEnd) + 4;
    for (let length = 0; length <= input.length; length++) {
      const { code } = await stage.run([bytesOf(input.slice(0, length))], { ending });
      const expected =
        length === input.length
          ? undefined
          : `LML_ERR_HTTP_${length < bodyStart ? 'CONNECTION_CLOSED' : 'RESPONSE_INCOMPLETE'}`;
      expect({ length, code }).toEqual({ length, code: expected });
      expect(stage.client.gauges()).toEqual([]);
    }
    await expectUnhurt(stage);
  });
});

describe('a client, bytes on an idle connection', () => {
  it.each([
    ['a whole response', 'HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'],
    ['half a response', 'HTTP/1.1 200 '],
    ['an empty line', '\r\n'],
    ['one byte', 'H'],
    ['an interim response', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
  ])('that are %s end it (RFC 9112 section 9.2): the next request gets its own answer', async (_, text) => {
    for (const { parts } of cutsOf(text)) {
      const stage = new ClientStage();
      expect(await stage.runGood()).toEqual({ code: undefined, status: 200, body: 'ok' });
      expect(stage.client.gauges()).toMatchObject([{ idle: 1 }]);
      await stage.disturb(parts);
      expect(stage.client.gauges()).toEqual([]);
      await expectUnhurt(stage);
    }
  });
});

/** The next request works, on a connection of its own. */
async function expectUnhurt(stage: ClientStage): Promise<void> {
  const before = stage.connectionCount;
  expect(await stage.runGood()).toEqual({ code: undefined, status: 200, body: 'ok' });
  expect(stage.connectionCount).toBe(before + 1);
  stage.end();
  expect(stage.clock.pendingTimers).toBe(0);
}

function prefixesOf(text: string): string[] {
  return Array.from(text, (_, index) => text.slice(0, index + 1));
}
