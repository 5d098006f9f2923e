import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyBytes } from '../../test/support/arbitraries.ts';
import type { Arrival, Exchange, Seen } from '../../test/support/protocol-pair.ts';
import { ProtocolPair } from '../../test/support/protocol-pair.ts';
import { isBodyless, reasonPhrase } from '../message/status.ts';

const exchange: fc.Arbitrary<Exchange> = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'HEAD', 'DELETE', 'X-OWN'),
  requestBody: anyBytes({ maxLength: 40 }),
  responseBody: anyBytes({ maxLength: 40 }),
  status: fc.constantFrom(200, 201, 204, 304, 404, 503),
  isSizeKnown: fc.boolean(),
  expects: fc.boolean(),
  hints: fc.constantFrom(0, 0, 1, 3),
  isEarly: fc.boolean(),
});

const arrival: fc.Arbitrary<Arrival> = fc.record({
  at: fc.constantFrom('client', 'server'),
  afterMs: fc.nat(5),
  bytes: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 200 })),
});

const PLAIN: Exchange = {
  method: 'POST',
  requestBody: 'ping',
  responseBody: 'pong',
  status: 200,
  isSizeKnown: true,
  expects: false,
  hints: 0,
  isEarly: false,
};

describe('a client and a server protocol, back to back', () => {
  it('understand each other, however their bytes are cut and whenever they come', () => {
    fc.assert(
      fc.property(
        fc.array(exchange, { minLength: 1, maxLength: 5 }),
        fc.array(arrival, { minLength: 1, maxLength: 20 }),
        (exchanges, arrivals) => {
          const pair = new ProtocolPair(exchanges);
          play(pair, arrivals);
          expect(pair.failures).toEqual([]);
          expect(pair.seenByServer).toEqual(exchanges.map(requestOf));
          expect(pair.seenByClient).toEqual(exchanges.map(responseOf));
          expect(pair.hintCount).toBe(exchanges.reduce((sum, { hints }) => sum + hints, 0));
          expect([pair.client.isIdle, pair.server.isIdle]).toEqual([true, true]);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('understand each other wherever a conversation is cut', () => {
    const exchanges = [PLAIN, { ...PLAIN, isSizeKnown: false, expects: true, hints: 1 }, { ...PLAIN, method: 'HEAD' }];
    for (let bytes = 1; bytes < 200; bytes++) {
      const pair = new ProtocolPair(exchanges);
      play(pair, [
        { at: 'server', afterMs: 1, bytes },
        { at: 'client', afterMs: 1, bytes },
      ]);
      expect(pair.failures, `${bytes} bytes at a time`).toEqual([]);
      expect(pair.seenByServer).toEqual(exchanges.map(requestOf));
      expect(pair.seenByClient).toEqual(exchanges.map(responseOf));
    }
  });

  it('do not wait longer than they may: for a head that comes too slowly', () => {
    const pair = new ProtocolPair([PLAIN]);
    for (let count = 0; count < 25; count++) pair.arrive({ at: 'server', afterMs: 1_000, bytes: 1 });
    expect(pair.failures).toEqual(['server: headerTimeoutMs']);
  });

  it('do not wait longer than they may: for a response that never arrives', () => {
    const pair = new ProtocolPair([PLAIN]);
    pair.arrive({ at: 'server', afterMs: 0, bytes: 1_000 });
    pair.arrive({ at: 'client', afterMs: 119_999, bytes: 0 });
    expect(pair.failures).toEqual(['server: idleTimeoutMs']);
    pair.arrive({ at: 'client', afterMs: 1, bytes: 0 });
    expect(pair.failures).toEqual(['server: idleTimeoutMs', 'client: responseHeadTimeoutMs']);
    expect(pair.seenByServer).toEqual([requestOf(PLAIN, 0)]);
    expect(pair.seenByClient).toEqual([]);
  });
});

/** Repeats the arrivals until nothing is under way. */
function play(pair: ProtocolPair, arrivals: readonly Arrival[]): void {
  for (let turn = 0; pair.isBusy; turn++) {
    const next = arrivals[turn % arrivals.length];
    // Arrivals may all be at one side: the other one gets its turn at the end of each round.
    if (next !== undefined) pair.arrive(next);
    if (turn % arrivals.length === arrivals.length - 1) {
      pair.arrive({ at: 'client', afterMs: 0, bytes: 7 });
      pair.arrive({ at: 'server', afterMs: 0, bytes: 7 });
    }
  }
}

function requestOf({ method, requestBody, isSizeKnown }: Exchange, index: number): Seen {
  return [`${method} / ${index + 1}`, requestBody, isSizeKnown ? 0 : 1];
}

function responseOf({ method, responseBody, status, isSizeKnown }: Exchange): Seen {
  const hasBody = method !== 'HEAD' && !isBodyless(status);
  return [`${status} ${reasonPhrase(status)}`, hasBody ? responseBody : '', hasBody && !isSizeKnown ? 1 : 0];
}
