import { rawFrame } from '@lamella/http2/testing';
import type { ByteStream } from '@lamella/net-core';
import { framesOf, PREFACE, SETTINGS_ACK, settingsFrame } from '../../../promises-h2/support/h2-script.ts';
import type { Failure } from './failure-world.ts';
import { say } from './http2-origin.ts';

const base = { layer: 'h2', phase: 'request-body', retryable: false, tells: '192.0.2.1:' } as const;

/** Requests by HTTP/2 whose body a service of ours can't read to its end. */
export const http2ServerFailures: readonly Failure[] = [
  {
    ...base,
    name: 'the client of a server of HTTP/2 ends in the body',
    code: 'LML_ERR_STREAM_CLOSED',
    induce: (world) => world.readAtServer(posting(), (stream) => void stream.closeWrite()),
  },
  {
    ...base,
    name: 'the client of a server of HTTP/2 resets in the body',
    code: 'LML_ERR_STREAM_RESET',
    induce: (world) => world.readAtServer(posting(), (stream) => stream.destroy(new Error('gone'))),
  },
  {
    ...base,
    name: 'the client of a server of HTTP/2 resets its stream',
    code: 'LML_ERR_HTTP_STREAM_RESET',
    induce: (world) => world.readAtServer(posting(), sending(framesOf(['RST_STREAM CANCEL']))),
  },
  {
    ...base,
    name: 'the client of a server of HTTP/2 sends less than it says',
    code: 'LML_ERR_HTTP2_CONTENT_LENGTH_MISMATCH',
    induce: (world) => world.readAtServer(posting('content-length: 5'), sending(framesOf(['DATA "c" END']))),
  },
  {
    ...base,
    name: 'the client of a server of HTTP/2 breaks a rule of the connection',
    code: 'LML_ERR_HTTP2_BAD_FRAME_SIZE',
    induce: (world) => world.readAtServer(posting(), sending(rawFrame(6, 0, 0, new Uint8Array(7)))),
  },
  {
    ...base,
    name: 'the client of a server of HTTP/2 has bad fields in its trailers',
    code: 'LML_ERR_HTTP2_MALFORMED_MESSAGE',
    induce: (world) => world.readAtServer(posting(), sending(framesOf(['HEADERS END', 'connection: close']))),
  },
  {
    ...base,
    name: 'the client of a server of HTTP/2 sends more than it may',
    code: 'LML_ERR_HTTP2_BAD_WINDOW',
    induce: (world) => world.readAtServer(posting(), sending(rawFrame(8, 0, 1, Buffer.from('7fffffff', 'hex')))),
  },
  {
    ...base,
    name: 'the client of a server of HTTP/2 stops in the body',
    code: 'LML_ERR_TIMEOUT',
    induce: (world) => world.readAtServer(posting()),
  },
  {
    ...base,
    layer: undefined,
    phase: 'body',
    retryable: undefined,
    name: 'the body of a request by HTTP/2 is longer than its reader allows',
    code: 'LML_ERR_LIMIT',
    tells: 'maxBytes is at most 100',
    induce: (world) => world.readAtServer(posting(), sending(framesOf([`DATA "${'x'.repeat(100)}" END`]))),
  },
];

/** A client that has said hello, and begun a POST whose body goes on. */
function posting(...fields: readonly string[]): Uint8Array {
  const head = [':method: POST', ':scheme: http', ':authority: server.test', ':path: /', ...fields];
  return Buffer.concat([PREFACE, settingsFrame(), SETTINGS_ACK, framesOf(['HEADERS', ...head, 'DATA "ab"'])]);
}

function sending(bytes: Uint8Array): (stream: ByteStream) => void {
  return (stream) => say(stream, bytes);
}
