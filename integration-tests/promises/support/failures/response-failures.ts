import type { Http1Options } from '@lamella/http';
import { patternBytes } from '@lamella/net-core/testing';
import type { Failure } from './failure-world.ts';
import { answer, breakOff, silence } from './failure-world.ts';

const OK = 'HTTP/1.1 200 OK\r\n';
const chunked = `${OK}Transfer-Encoding: chunked\r\n\r\n`;

/** Responses that break a rule of HTTP. */
const brokenRules: readonly Failure[] = (
  [
    ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n', 'BAD_STATUS_LINE'],
    ['a status that is none', 'HTTP/1.1 99 Low\r\n\r\n', 'BAD_STATUS_LINE'],
    ['HTTP/2.0 in a status line', 'HTTP/2.0 200 OK\r\n\r\n', 'UNSUPPORTED_VERSION'],
    ['a bare LF', 'HTTP/1.1 200 OK\nA: b\n\n', 'BAD_LINE_END'],
    ['a space in a field name', `${OK}A b: c\r\n\r\n`, 'BAD_FIELD_NAME'],
    ['NUL in a field value', `${OK}A: b\0c\r\n\r\n`, 'BAD_FIELD_VALUE'],
    ['a folded line', `${OK}A: b\r\n c\r\n\r\n`, 'OBS_FOLD'],
    ['a length that is no number', `${OK}Content-Length: 1x\r\n\r\n`, 'BAD_CONTENT_LENGTH'],
    ['two lengths', `${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`, 'DUPLICATE_CONTENT_LENGTH'],
    [
      'length and chunks',
      `${OK}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
      'LENGTH_AND_TRANSFER_ENCODING',
    ],
    ['chunks that do not come last', `${OK}Transfer-Encoding: gzip\r\n\r\n`, 'BAD_TRANSFER_ENCODING'],
    ['chunks in 204', 'HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n', 'BAD_TRANSFER_ENCODING'],
    ['a switch that nobody asked for', 'HTTP/1.1 101 Go\r\nUpgrade: x\r\n\r\n', 'BAD_SWITCH'],
    ['a start line without end', `HTTP/1.1 200 ${'x'.repeat(70_000)}`, 'START_LINE_TOO_LONG'],
    ['too many fields', `${OK}${'A: b\r\n'.repeat(300)}\r\n`, 'TOO_MANY_HEADERS'],
    ['fields that are too large', `${OK}A: ${'b'.repeat(70_000)}\r\n\r\n`, 'HEADERS_TOO_LARGE'],
    ['too many interim responses', 'HTTP/1.1 103 Hint\r\n\r\n'.repeat(40), 'TOO_MANY_INFORMATIONAL'],
    ['a bad chunk size', `${chunked}x\r\n`, 'BAD_CHUNK_SIZE', 'response-body'],
    ['a chunk that is longer than it says', `${chunked}1\r\nab\r\n`, 'BAD_CHUNK_END', 'response-body'],
    ['a chunk line without end', `${chunked}1;${'x'.repeat(20_000)}`, 'CHUNK_LINE_TOO_LONG', 'response-body'],
    ['a bad trailer', `${chunked}0\r\nA b: c\r\n\r\n`, 'BAD_FIELD_NAME', 'response-body'],
  ] as const
).map(([name, bytes, condition, phase = 'response-head']) => ({
  name: `the response has ${name}`,
  code: `LML_ERR_HTTP1_${condition}`,
  layer: 'http/1.1',
  phase,
  retryable: false,
  tells: 'origin.test:80',
  induce(world) {
    world.onRequest = answer(bytes);
    return world.ask();
  },
}));

const base = { layer: 'http/1.1', tells: 'origin.test:80' } as const;
const inHead = { ...base, phase: 'response-head' } as const;
const inBody = { ...base, phase: 'response-body', code: 'LML_ERR_HTTP_RESPONSE_INCOMPLETE' } as const;

/** Connections that end under a request. */
const brokenOff: readonly Failure[] = [
  ...(['reset', 'end'] as const).flatMap((how): Failure[] => [
    {
      ...inHead,
      name: `the first GET of a connection meets ${how === 'end' ? 'an end' : 'a reset'}`,
      code: 'LML_ERR_HTTP_CONNECTION_CLOSED',
      retryable: true,
      induce(world) {
        world.onRequest = breakOff('', how);
        return world.ask();
      },
    },
    {
      ...inHead,
      name: `a POST on a kept connection meets ${how === 'end' ? 'an end' : 'a reset'}`,
      code: 'LML_ERR_HTTP_REUSED_CONNECTION_CLOSED',
      retryable: false,
      induce: (world) => world.askAgain({ method: 'POST', body: 'x' }, breakOff('', how)),
    },
    {
      ...inHead,
      name: `${how === 'end' ? 'an end' : 'a reset'} comes in the head`,
      code: 'LML_ERR_HTTP_CONNECTION_CLOSED',
      retryable: true,
      induce(world) {
        world.onRequest = breakOff('HTTP/1.1 20', how);
        return world.ask();
      },
    },
    {
      ...inBody,
      name: `${how === 'end' ? 'an end' : 'a reset'} comes in a body of known length`,
      retryable: true,
      induce(world) {
        world.onRequest = breakOff(`${OK}Content-Length: 5\r\n\r\nab`, how);
        return world.ask();
      },
    },
    {
      ...inBody,
      name: `${how === 'end' ? 'an end' : 'a reset'} comes in a chunk of the answer to a POST`,
      retryable: false,
      induce(world) {
        world.onRequest = breakOff(`${chunked}5\r\nab`, how);
        return world.ask({ method: 'POST', body: 'x' });
      },
    },
  ]),
  {
    ...inBody,
    name: 'a reset comes in a body that lasts until the end',
    retryable: true,
    induce(world) {
      world.onRequest = breakOff(`${OK}\r\nab`);
      return world.ask();
    },
  },
];

const timeout = { ...base, code: 'LML_ERR_TIMEOUT' } as const;
const quick: Http1Options = { timeouts: { responseHeadTimeoutMs: 50, bodyTimeoutMs: 50, writeTimeoutMs: 50 } };

/** Peers that are too slow. */
const tooSlow: readonly Failure[] = [
  {
    ...timeout,
    name: 'no answer comes to a GET',
    phase: 'response-head',
    retryable: true,
    induce(world) {
      world.onRequest = silence;
      return world.ask({}, world.client({}, quick));
    },
  },
  {
    ...timeout,
    name: 'no answer comes to a POST',
    phase: 'response-head',
    retryable: false,
    induce(world) {
      world.onRequest = silence;
      return world.ask({ method: 'POST', body: 'x' }, world.client({}, quick));
    },
  },
  {
    ...timeout,
    name: 'a body stops',
    phase: 'response-body',
    retryable: true,
    induce(world) {
      world.onRequest = answer(`${OK}Content-Length: 5\r\n\r\nab`);
      return world.ask({}, world.client({}, quick));
    },
  },
  {
    ...timeout,
    name: 'nobody reads the request',
    phase: 'request',
    retryable: true,
    induce(world) {
      world.network.setConditions({ bytesPerSecond: 1 });
      return world.ask({ method: 'PUT', body: patternBytes(1_000_000) }, world.client({}, quick));
    },
  },
  {
    ...timeout,
    name: 'we do not read a body',
    phase: 'response-body',
    retryable: true,
    async induce(world) {
      world.onRequest = answer(`${OK}Content-Length: 5\r\n\r\nab`);
      const client = world.client({}, { bodyIdleTimeoutMs: 50 });
      const { body } = await client.serve(world.request());
      await new Promise<void>((done) => world.clock.startTimer(60, done));
      await body.read();
      return body.read();
    },
  },
];

/** Calls whose response is not what it should be. */
export const responseFailures: readonly Failure[] = [...brokenRules, ...brokenOff, ...tooSlow];
