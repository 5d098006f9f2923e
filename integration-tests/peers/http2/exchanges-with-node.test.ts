import { describe, expect, it } from 'vitest';
import { useLedger } from '../../support/ledger.ts';
import { credentialsFor } from './support/credentials.ts';
import type { Exchange, Fields } from './support/exchange.ts';
import { exchangeOf, expectedOf } from './support/exchange.ts';
import type { Stack } from './support/stage.ts';
import { openStage } from './support/stage.ts';

useLedger();

/** Node with itself shows that what is expected is no habit of ours. */
const PAIRS: readonly (readonly [client: Stack, server: Stack])[] = [
  ['lamella', 'node'],
  ['node', 'lamella'],
  ['lamella', 'lamella'],
  ['node', 'node'],
];
const STAGES = PAIRS.flatMap(([client, server]) =>
  (['TLS', 'clear'] as const).map((transport) => ({ client, server, transport })),
);

describe.each(STAGES)('$client asks $server, $transport:', ({ client, server, transport }) => {
  const open = async () =>
    openStage({ client, server, credentials: transport === 'TLS' ? await credentialsFor() : undefined });

  it('methods, statuses and fields', async () => {
    const { authority, play } = await open();
    for (const exchange of [...methods(), ...statuses(), ...fields()]) {
      expect(await play(exchange)).toEqual(expectedOf(exchange, authority));
    }
  });

  it('field sections that need CONTINUATION', async () => {
    const { authority, play } = await open();
    for (const exchange of largeSections()) expect(await play(exchange)).toEqual(expectedOf(exchange, authority));
  });

  it('content of every size around a limit, in one chunk and in many', async () => {
    const { authority, play } = await open();
    for (const exchange of contents()) expect(await play(exchange)).toEqual(expectedOf(exchange, authority));
  });

  it('content of 10 MiB in both directions at once', async () => {
    const { authority, play } = await open();
    const chunks = Array.from({ length: 80 }, () => 131_072);
    const exchange = exchangeOf({ method: 'PUT', requestChunks: chunks, responseChunks: chunks });
    expect(await play(exchange)).toEqual(expectedOf(exchange, authority));
  });

  it('trailers, of requests and responses, behind content and alone', async () => {
    const { authority, play } = await open();
    for (const exchange of withTrailers()) expect(await play(exchange)).toEqual(expectedOf(exchange, authority));
  });

  it('interim responses', async () => {
    const { authority, play } = await open();
    const exchange = exchangeOf({
      interim: [
        { status: 103, fields: [['link', '</style.css>; rel=preload']] },
        { status: 102, fields: [] },
        { status: 103, fields: [['link', '</x.js>; rel=preload']] },
      ],
      responseChunks: [3],
    });
    expect(await play(exchange)).toEqual(expectedOf(exchange, authority));
  });

  it('a hundred exchanges at once', async () => {
    const { authority, play } = await open();
    const exchanges = Array.from({ length: 100 }, (_each, index) =>
      exchangeOf({
        method: 'POST',
        path: `/${index}`,
        requestChunks: [index * 997],
        responseChunks: [index * 331, 1, index],
        responseFields: [['x-number', String(index)]],
      }),
    );
    const played = await Promise.all(exchanges.map(play));
    expect(played).toEqual(exchanges.map((exchange) => expectedOf(exchange, authority)));
  });
});

function methods(): readonly Exchange[] {
  const bare = ['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'get', "x!#$%&'*+-.^_`|~9"];
  return [
    ...bare.map((method) => exchangeOf({ method, responseChunks: method === 'HEAD' ? [] : [5] })),
    ...['POST', 'PUT', 'PATCH', 'DELETE', 'QUERY'].map((method) => exchangeOf({ method, requestChunks: [5] })),
    exchangeOf({ method: 'POST' }),
    ...['/a?b=c&d=%20', '/?', '//x/../y;z', '/~!$&\'()*+,:@|[]^`{}"<>\\', `/${'a'.repeat(8_000)}`].map((path) =>
      exchangeOf({ path }),
    ),
  ];
}

function statuses(): readonly Exchange[] {
  const responseFields: Fields = [['etag', '"x"']];
  return [200, 201, 204, 206, 301, 304, 404, 418, 431, 500, 503, 599].map((status) =>
    exchangeOf({ status, responseFields, responseChunks: status === 204 || status === 304 ? [] : [7] }),
  );
}

function fields(): readonly Exchange[] {
  const values: Fields = [
    ['x-empty', ''],
    ['x-blank', 'a  b\tc'],
    ['x-ascii', Array.from({ length: 94 }, (_each, index) => String.fromCharCode(33 + index)).join('')],
    ['x-many', '1'],
    ['x-other', 'between'],
    ['x-many', '2'],
    ["!#$%&'*+-.^_`|~0", 'odd name'],
    ['x-long', 'v'.repeat(4_000)],
  ];
  const many: Fields = Array.from({ length: 100 }, (_each, index) => [`x-field-${index}`, `value ${index}`]);
  const cookies: Fields = [
    ['cookie', 'a=1'],
    ['cookie', 'b=2; c=3'],
  ];
  const setCookies: Fields = [
    ['set-cookie', 'a=1; Path=/'],
    ['set-cookie', 'b=2; HttpOnly'],
  ];
  return [
    exchangeOf({ requestFields: values, responseFields: values }),
    // The second time the fields stand in the tables of both sides.
    exchangeOf({ requestFields: values, responseFields: values }),
    exchangeOf({ requestFields: many, responseFields: many }),
    exchangeOf({ requestFields: [...many].reverse(), responseFields: [...many].reverse() }),
    exchangeOf({ requestFields: cookies, responseFields: setCookies }),
    exchangeOf({ requestFields: [['te', 'trailers']] }),
    exchangeOf({ requestFields: [['authorization', 'Basic secret']], responseFields: [['server', 'x']] }),
  ];
}

/** Sections of one to four frames; Node takes 64 KiB by its own count, and so do we. */
function largeSections(): readonly Exchange[] {
  const sizes = [16_000, 16_384, 17_000, 33_000, 50_000];
  return sizes.map((size) => {
    const large: Fields = Array.from({ length: 10 }, (_each, index) => [
      `x-large-${index}`,
      // Letters that Huffman makes longer, so that it stays as it is.
      String.fromCharCode(92 + (index % 2) * 32).repeat(Math.floor(size / 10)),
    ]);
    return exchangeOf({ requestFields: large, responseFields: large });
  });
}

function contents(): readonly Exchange[] {
  const sizes = [0, 1, 16_383, 16_384, 16_385, 65_534, 65_535, 65_536, 65_537, 1_048_576];
  const whole = sizes.map((size) => [size]);
  const parts = [
    [1, 1, 1],
    [16_384, 16_384],
    [1, 16_384, 16_383, 65_535, 2],
    Array.from({ length: 200 }, (_each, index) => index * 7),
    [0, 5, 0, 5, 0],
  ];
  return [...whole, ...parts].flatMap((chunks) => [
    exchangeOf({ method: 'POST', requestChunks: chunks }),
    exchangeOf({ responseChunks: chunks }),
    exchangeOf({ method: 'POST', requestChunks: chunks, responseChunks: chunks }),
  ]);
}

function withTrailers(): readonly Exchange[] {
  const requestTrailers: Fields = [
    ['x-sum', 'abc'],
    ['x-more', ''],
  ];
  const responseTrailers: Fields = [['grpc-status', '0']];
  return [[], [1], [70_000], [1, 2, 3]].flatMap((chunks) => [
    exchangeOf({ method: 'POST', requestChunks: chunks, requestTrailers }),
    exchangeOf({ responseChunks: chunks, responseTrailers }),
    exchangeOf({ method: 'POST', requestChunks: chunks, requestTrailers, responseChunks: chunks, responseTrailers }),
  ]);
}
