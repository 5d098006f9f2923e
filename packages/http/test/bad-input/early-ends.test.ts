import { checkLedger } from '@lamella/net-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytesOf } from '../support/codec.ts';
import { earlyEnds } from './rows/early-ends.ts';
import { OK, refusal } from './support/bad-input.ts';
import { ServerStage } from './support/server-stage.ts';

checkLedger({ beforeEach, afterEach });

describe.each(earlyEnds)('a server, requests $name ($rule)', ({ input, serves, interim }) => {
  it('that end at any byte are refused, or served if they are whole', async () => {
    const stage = new ServerStage();
    for (let length = 0; length <= input.length; length++) {
      const isWhole = length === input.length;
      const asks = interim !== undefined && input.indexOf('\r\n\r\n') + 4 === length;
      const answers = isWhole ? OK : length === 0 ? '' : `${asks ? interim : ''}${refusal(400)}`;
      const outcome = await stage.run([bytesOf(input.slice(0, length))], 'end');
      expect({ length, ...outcome }).toEqual({ length, answers, end: 'closed', serves: isWhole ? [serves] : [] });
    }
    await expectUnhurt(stage);
  });

  it('that are broken off at any byte get no answer, and harm nobody', async () => {
    const stage = new ServerStage();
    for (let length = 0; length <= input.length; length++) {
      const outcome = await stage.run([bytesOf(input.slice(0, length))], 'reset');
      // Whole, it may have been served before anybody knew.
      expect({ length, serves: outcome.serves }).toEqual({ length, serves: length === input.length ? [serves] : [] });
    }
    await expectUnhurt(stage);
  });
});

async function expectUnhurt(stage: ServerStage): Promise<void> {
  expect(await stage.runGood()).toEqual({ answers: OK, end: 'kept', serves: ['GET a.test /next ""'] });
  expect(stage.errors).toEqual([]);
  expect(stage.clock.pendingTimers).toBe(0);
}
