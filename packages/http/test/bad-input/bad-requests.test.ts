import { checkLedger } from '@lamella/net-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytesOf } from '../support/codec.ts';
import { headOf, newServer } from '../support/server-playbook.ts';
import { badRequests } from './rows/bad-requests.ts';
import type { BadRequest } from './support/bad-input.ts';
import { OK } from './support/bad-input.ts';
import { cutsOf } from './support/cuts-of.ts';
import { ServerStage } from './support/server-stage.ts';

checkLedger({ beforeEach, afterEach });

describe.each(Object.entries(badRequests))('a server, %s', (_theme, rows) => {
  it.each(rows)('$name: $rule', async (row) => {
    const stage = new ServerStage();
    const { answers, end = 'closed', serves = [], ending } = row;
    for (const { name, parts } of cutsOf(row.input)) {
      expect({ name, ...(await stage.run(parts, ending)) }).toEqual({ name, answers, end, serves });
    }
    expect(await stage.runGood()).toEqual({ answers: OK, end: 'kept', serves: ['GET a.test /next ""'] });
    expect(stage.errors).toEqual([]);
    expect(stage.clock.pendingTimers).toBe(0);
    expect(codeOf(row)).toBe(row.code);
  });
});

/** What the protocol says of the input: so a row can't pass by breaking another rule than its own. */
function codeOf({ input, ending }: BadRequest): string | undefined {
  const protocol = newServer(0);
  protocol.receiveBytes(bytesOf(input));
  if (ending === 'end') protocol.receiveEnd();
  for (let event = protocol.nextEvent(0); event !== undefined; event = protocol.nextEvent(0)) {
    if (event.type === 'failed') return event.error.code;
    const isComplete = event.type === 'end' || (event.type === 'request' && !event.hasBody);
    if (isComplete) answer(protocol);
  }
  return undefined;
}

function answer(protocol: ReturnType<typeof newServer>): void {
  protocol.sendHead(headOf({ status: 404 }));
  protocol.sendEnd(undefined, 0);
  protocol.takeOutput();
}
