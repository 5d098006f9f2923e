import type { Difference, ExplainedDifference } from '../difference.ts';
import { isSameButForFlag, valuesOf, weRefused } from '../difference.ts';
import type { ReadMessage, Subject } from '../reading.ts';

/** Differences about what a message means for its connection. */
export const CONNECTION_DIFFERENCES: readonly ExplainedDifference[] = [
  {
    name: 'expectations other than 100-continue',
    rule: 'RFC 9110 section 10.1.1',
    lamella: 'refuses them (417)',
    llhttp: 'leaves the field to its caller',
    example: request('GET / HTTP/1.1\r\nHost: a\r\nExpect: more\r\n\r\n'),
    explains: (difference) =>
      weRefused(difference, 'LML_ERR_HTTP1_BAD_EXPECT') &&
      valuesOf(difference.theirs, 'expect').some((value) => value.toLowerCase() !== '100-continue'),
  },
  {
    name: 'Upgrade in HTTP/1.0',
    rule: 'RFC 9110 section 7.8',
    lamella: 'ignores it',
    llhttp: 'leaves HTTP',
    example: request('GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
    explains: ({ subject, ours, theirs, last, theirEnd }) =>
      subject.side === 'request' &&
      theirEnd === 'switched' &&
      // Whether the two differ over the flag hangs on whether the connection would be kept.
      (isSameButForFlag(ours, theirs) || theirs === undefined) &&
      (ours ?? last)?.version === '1.0' &&
      valuesOf(ours ?? last, 'upgrade').length > 0,
  },
  {
    name: 'Proxy-Connection',
    rule: 'RFC 9112 appendix C.2.2',
    lamella: 'does not know it: it is no field of HTTP',
    llhttp: 'takes it for Connection',
    example: request('GET / HTTP/1.1\r\nHost: a\r\nProxy-Connection: close\r\n\r\n'),
    explains: (difference) => valuesOf(keptByOne(difference), 'proxy-connection').length > 0,
  },
  {
    name: 'both close and keep-alive',
    rule: 'RFC 9112 section 9.3',
    lamella: 'closes: `close` counts in every version',
    llhttp: 'keeps a connection of HTTP/1.0',
    example: request('GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n'),
    explains: (difference) => {
      const message = keptByOne(difference);
      return message?.version === '1.0' && !message.keepsAlive && /close/i.test(valuesOf(message, 'connection').join());
    },
  },
  {
    name: 'Connection in trailers',
    rule: 'RFC 9110 section 6.5.1',
    lamella: 'ignores it: it is settled by the head',
    llhttp: 'closes after `close`, and says so only when more bytes come',
    example: request(
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n',
    ),
    explains: ({ theirs, last, theirEnd }) =>
      theirs === undefined &&
      theirEnd === 'closed' &&
      (last?.trailers ?? []).some(([name]) => /^(?:proxy-)?connection$/i.test(name)),
  },
  {
    name: 'a switch that nobody asked for',
    rule: 'RFC 9110 section 15.2.2',
    lamella: 'refuses 101 to a request without Upgrade',
    llhttp: 'leaves the question to its caller',
    example: { side: 'response', asked: 'GET', input: 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n' },
    explains: (difference) =>
      weRefused(difference, 'LML_ERR_HTTP1_BAD_SWITCH') &&
      difference.theirs?.start[0] === '101' &&
      difference.subject.asked !== 'UPGRADE',
  },
  {
    name: 'close in an interim response',
    rule: 'RFC 9110 section 15.2',
    lamella: 'reads on: the response is still to come',
    llhttp: 'takes the connection for closed',
    example: {
      side: 'response',
      input: 'HTTP/1.1 103 Early Hints\r\nConnection: close\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n',
    },
    explains: ({ ours, theirs }) => isSameButForFlag(ours, theirs) && ours?.start[0].startsWith('1') === true,
  },
  {
    name: 'the end of an answer to HEAD',
    rule: 'RFC 9112 section 6.3',
    lamella: 'keeps the connection: such an answer ends with its head, length or none',
    llhttp: 'says that the connection ends, before its caller says what was asked; and reads on',
    example: { side: 'response', asked: 'HEAD', input: 'HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n' },
    explains: ({ subject, ours, theirs }) =>
      subject.asked === 'HEAD' &&
      isSameButForFlag(ours, theirs) &&
      ours?.keepsAlive === true &&
      valuesOf(ours, 'content-length').length === 0,
  },
];

/** The message behind which only one of the two goes on, whether it has said so or just does it. */
function keptByOne({ ours, theirs, last, ourEnd }: Difference): ReadMessage | undefined {
  if (isSameButForFlag(ours, theirs)) return ours;
  return ours === undefined && ourEnd === 'closed' ? last : undefined;
}

function request(input: string): Subject {
  return { side: 'request', input };
}
