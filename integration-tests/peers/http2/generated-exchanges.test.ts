import { getDefaultSettings } from 'node:http2';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { useLedger } from '../../support/ledger.ts';
import type { Exchange, Fields } from './support/exchange.ts';
import { exchangeOf, expectedOf } from './support/exchange.ts';
import type { Stack, StageOptions } from './support/stage.ts';
import { openStage } from './support/stage.ts';

useLedger();

const PAIRS: readonly (readonly [client: Stack, server: Stack])[] = [
  ['lamella', 'node'],
  ['node', 'lamella'],
  ['lamella', 'lamella'],
  ['node', 'node'],
];

/** What the sides allow each other. */
const ALLOWANCES: Readonly<Record<string, Pick<StageOptions, 'clientSettings' | 'serverSettings' | 'limits'>>> = {
  'as usual': {},
  'without a table of fields': both({ headerTableSize: 0 }, { headerTableBytes: 0 }),
  'a small table': both({ headerTableSize: 100 }, { headerTableBytes: 100 }),
  'a large table': both({ headerTableSize: 65_536 }, { headerTableBytes: 65_536 }),
  'windows of 100 bytes': both(
    { initialWindowSize: 100 },
    { initialStreamWindowBytes: 100, maxStreamWindowBytes: 100 },
  ),
  'large frames': both({ maxFrameSize: 1_048_576 }, { maxFrameBytes: 1_048_576 }),
  'one stream at a time': both({ maxConcurrentStreams: 1 }, { maxConcurrentStreams: 1 }),
};

describe.each(Object.keys(ALLOWANCES))('generated exchanges, %s:', (allowance) => {
  const allowed = ALLOWANCES[allowance] ?? {};

  it('all pairs of stacks see the same', async () => {
    const stages = await Promise.all(
      PAIRS.map(([client, server]) => openStage({ client, server, credentials: undefined, ...allowed })),
    );
    await fc.assert(
      fc.asyncProperty(exchanges, async (exchange) => {
        const played = await Promise.all(stages.map(({ play }) => play(exchange)));
        expect(played).toEqual(stages.map(({ authority }) => expectedOf(exchange, authority)));
      }),
      { numRuns: 60 },
    );
  });

  it('many at once do not mix', async () => {
    const stages = await Promise.all(
      PAIRS.map(([client, server]) => openStage({ client, server, credentials: undefined, ...allowed })),
    );
    // A client that has not heard the settings of its server may be refused what it sends.
    for (const { play } of stages) await play(exchangeOf({}));
    await fc.assert(
      fc.asyncProperty(fc.array(exchanges, { minLength: 5, maxLength: 30 }), async (list) => {
        for (const { play, authority } of stages) {
          const played = await Promise.all(list.map(play));
          expect(played).toEqual(list.map((exchange) => expectedOf(exchange, authority)));
        }
      }),
      { numRuns: 8 },
    );
  });
});

function both(settings: NonNullable<StageOptions['clientSettings']>, limits: NonNullable<StageOptions['limits']>) {
  const full = { ...getDefaultSettings(), ...settings, enablePush: false };
  return { clientSettings: full, serverSettings: full, limits };
}

const token = fc.stringMatching(/^[a-z0-9!#$%&'*+.^_`|~-]{1,20}$/);
const name = token.map((text) => `x-${text}`);
// Visible ASCII and Latin-1, blanks within only.
const visible = fc.integer({ min: 0x21, max: 0xff }).filter((code) => code < 0x7f || code > 0xa0);
const character = fc.oneof({ weight: 9, arbitrary: visible }, { weight: 1, arbitrary: fc.constantFrom(0x20, 0x09) });
const value = fc
  .array(character, { maxLength: 60 })
  .map((codes) => String.fromCharCode(...codes).replace(/^[ \t]+|[ \t]+$/g, ''));
const known = fc.constantFrom('accept', 'user-agent', 'referer', 'via', 'if-match', 'accept-encoding', 'etag', 'vary');
const cookie: fc.Arbitrary<[string, string]> = fc.tuple(
  fc.constant('cookie'),
  fc.stringMatching(/^[a-z]{1,5}=[a-zA-Z0-9]{0,40}$/),
);
const ownFields: fc.Arbitrary<Fields> = fc.array(fc.tuple(name, value), { maxLength: 12 });
const requestFields: fc.Arbitrary<Fields> = fc
  .tuple(
    fc.uniqueArray(fc.tuple(known, value), { selector: ([field]) => field, maxLength: 4 }),
    ownFields,
    fc.array(cookie, { maxLength: 3 }),
  )
  .map((lists) => lists.flat());
const chunks = fc.oneof(
  fc.constant<number[]>([]),
  fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 6 }),
  fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 3 }),
);
/** Node takes no name twice there. */
const trailers: fc.Arbitrary<Fields> = fc.oneof(
  fc.constant<Fields>([]),
  fc.uniqueArray(fc.tuple(name, value), { selector: ([field]) => field, maxLength: 4 }),
);
const interim = fc.array(
  fc.record({
    status: fc.constantFrom(102, 103, 199),
    fields: fc.uniqueArray(fc.tuple(name, value), { selector: ([field]) => field, maxLength: 3 }),
  }),
  { maxLength: 3 },
);

const exchanges: fc.Arbitrary<Exchange> = fc
  .record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'REPORT'),
    path: fc.stringMatching(/^[A-Za-z0-9\-._~!$&'()*+,;=:@/?%]{0,80}$/).map((text) => `/${text}`),
    requestFields,
    requestChunks: chunks,
    requestTrailers: trailers,
    interim,
    status: fc.oneof(fc.constantFrom(200, 204, 304, 404), fc.integer({ min: 200, max: 599 })),
    responseFields: ownFields,
    responseChunks: chunks,
    responseTrailers: trailers,
  })
  .map((given) => {
    const isBodyless = given.method === 'HEAD' || [204, 205, 304].includes(given.status);
    return exchangeOf(isBodyless ? { ...given, responseChunks: [], responseTrailers: [] } : given);
  });
