import { utf8 } from '@lamella/net-core/testing';
import type { Failure } from './failure-world.ts';

const HEAD = 'POST / HTTP/1.1\r\nHost: a\r\n';
const chunked = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`;

/** Requests whose body a service of ours can't read to its end. */
export const serverFailures: readonly Failure[] = [
  {
    name: 'the client of a server ends in the body',
    code: 'LML_ERR_HTTP1_UNEXPECTED_END',
    layer: 'http/1.1',
    phase: 'request-body',
    retryable: false,
    tells: '192.0.2.1:',
    induce: (world) => world.readAtServer(`${HEAD}Content-Length: 5\r\n\r\nab`, (stream) => void stream.closeWrite()),
  },
  {
    name: 'the client of a server resets in the body',
    code: 'LML_ERR_STREAM_RESET',
    layer: 'http/1.1',
    phase: 'request-body',
    retryable: false,
    tells: '192.0.2.1:',
    induce: (world) =>
      world.readAtServer(`${HEAD}Content-Length: 5\r\n\r\nab`, (stream) => stream.destroy(new Error('gone'))),
  },
  {
    name: 'the client of a server breaks a rule in a chunk',
    code: 'LML_ERR_HTTP1_BAD_CHUNK_SIZE',
    layer: 'http/1.1',
    phase: 'request-body',
    retryable: false,
    tells: '192.0.2.1:',
    induce: (world) => world.readAtServer(`${chunked}1\r\na\r\n`, (stream) => void stream.write([utf8('x\r\n')])),
  },
  {
    name: 'the client of a server stops in the body',
    code: 'LML_ERR_TIMEOUT',
    layer: 'http/1.1',
    phase: 'request-body',
    retryable: false,
    tells: '192.0.2.1:',
    induce: (world) => world.readAtServer(`${HEAD}Content-Length: 5\r\n\r\nab`),
  },
  {
    name: 'the body of a request is longer than its reader allows',
    code: 'LML_ERR_LIMIT',
    layer: undefined,
    phase: 'body',
    retryable: undefined,
    tells: 'maxBytes is at most 100',
    induce: (world) => world.readAtServer(`${HEAD}Content-Length: 101\r\n\r\n${'x'.repeat(101)}`),
  },
];
