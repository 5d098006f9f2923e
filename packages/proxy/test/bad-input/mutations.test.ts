import { checkLedger } from '@lamella/net-core/testing';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { proxyCases } from './rows/proxy-cases.ts';
import { ForeignOrigin } from './support/foreign-origin.ts';
import { inputFor, ProxyStage } from './support/proxy-stage.ts';

checkLedger({ beforeEach, afterEach });

/** Inputs of the corpus, to be damaged. */
const inputs = Object.values(proxyCases)
  .flat()
  .map(({ input }) => input)
  .filter((input) => input.length < 400 && !input.startsWith('CONNECT'));

/** Bytes that have a meaning somewhere, and some that have none. */
const byte = fc.constantFrom(...'\r\n\0\t :;,/?*"\x0b\x7f\xff0159afxGHT-+', '\r\n', '\r\n\r\n', '\n\n', '\r\n ');

/** One change: a byte replaced, left out, or put in. */
const change = fc.record({ at: fc.nat(400), how: fc.constantFrom('replace', 'delete', 'insert', 'repeat'), byte });

describe.each(['forward', 'reverse'] as const)('a %s proxy', (kind) => {
  it('makes the same of damaged requests however they are cut, and never more requests of them', async () => {
    const origin = new ForeignOrigin(false); // what one request leaves behind shall not matter to the next
    const stage = new ProxyStage(kind, (stream) => origin.accept(stream));
    const changes = fc.array(change, { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...inputs), changes, fc.nat(), async (input, edits, seed) => {
        // The end of a line shows what stands in it.
        const damaged = Buffer.from(`${edits.reduce(edited, inputFor(kind, input))}\r\n\r\n`, 'latin1');
        const cut = 1 + (seed % (damaged.length - 1));
        const whole = await stage.run([damaged]);
        const first = origin.take();
        const inTwo = await stage.run([damaged.subarray(0, cut), damaged.subarray(cut)]);
        const second = origin.take();
        expect(second.requests).toEqual(first.requests);
        // Of a request in two parts the first may be enough for the proxy to say no; what is wrong with the second comes late.
        if (!hasOwnAnswer(inTwo.answers)) expect(inTwo).toEqual(whole);
        // A foreign parser finds no more requests than there were answers from it.
        const answered = whole.answers.split('\r\nVia: ').length - 1;
        expect(first.requests.length).toBeLessThanOrEqual(answered);
        const riddles = [...first.errors, ...second.errors].filter((code) => code.startsWith('HPE_'));
        expect(riddles.filter((code) => !EXPLAINED.has(code))).toEqual([]);
      }),
      { numRuns: 150 },
    );
    expect(stage.errors).toEqual([]);
    await stage.close();
    expect(stage.clock.pendingTimers).toBe(0);
  });
});

/** Whether the last answer is one that the proxy gives by itself to a request that is well-formed so far. */
function hasOwnAnswer(answers: string): boolean {
  const last = answers.slice(answers.lastIndexOf('HTTP/1.1 '));
  return answers !== '' && !last.includes('\r\nVia: ') && !/\r\nConnection: close\r\n/.test(last);
}

function edited(text: string, { at, how, byte: bytes }: { at: number; how: string; byte: string }): string {
  const index = at % (text.length + 1);
  const [before, after] = [text.slice(0, index), text.slice(index)];
  switch (how) {
    case 'replace':
      return `${before}${bytes}${after.slice(1)}`;
    case 'delete':
      return `${before}${after.slice(1)}`;
    case 'repeat':
      return `${before}${after.slice(0, 8)}${after}`;
    default:
      return `${before}${bytes}${after}`;
  }
}

/** What the foreign parser says of a request that was broken off, and of a method that it has not heard of. */
const EXPLAINED: ReadonlySet<string> = new Set(['HPE_INVALID_EOF_STATE', 'HPE_INVALID_METHOD']);
