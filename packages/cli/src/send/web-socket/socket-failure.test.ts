import { HttpHeaders } from '@lamella/http';
import { TimeoutError } from '@lamella/service-core';
import type { WebSocketClose } from '@lamella/ws';
import { WebSocketHandshakeError, WebSocketProtocolError } from '@lamella/ws';
import { describe, expect, it } from 'vitest';
import { closeFailure, closeText, handshakeFailure } from './socket-failure.ts';

describe('closeFailure', () => {
  it.each([1000, 1001, 1005])('is none for %i', (code) => {
    expect(closeFailure(closed({ code }))).toBeUndefined();
  });

  it.each<[what: string, close: Partial<WebSocketClose>, exitCode: number, message: string]>([
    [
      'a code that says so',
      { code: 4000, reason: 'go\x1b[2J' },
      1,
      'the server closed the WebSocket with 4000: go\\x1b[2J',
    ],
    ['one without a reason', { code: 1011 }, 1, 'the server closed the WebSocket with 1011'],
    ['a code of this side', { code: 4000, initiator: 'local' }, 1, 'closed with 4000'],
    ['no close frame', { code: 1006, wasClean: false }, 56, 'the connection ended without a close frame (1006)'],
    [
      'silence',
      { code: 1006, error: new TimeoutError({ limit: 'pongTimeoutMs', timeoutMs: 20_000 }) },
      28,
      'the server does not answer any more: pongTimeoutMs of 20000 ms reached',
    ],
    [
      'a broken rule',
      { code: 1002, initiator: 'local', error: broken('LML_ERR_WEBSOCKET_BAD_FRAME', 'masked') },
      8,
      'the server broke the rules of WebSocket: masked; closed with 1002',
    ],
    [
      'a message that is too large',
      { code: 1009, initiator: 'local', error: broken('LML_ERR_WEBSOCKET_MESSAGE_TOO_LARGE', 'more than 5 bytes') },
      63,
      'more than 5 bytes; closed with 1009',
    ],
  ])('is one for %s', (_what, close, exitCode, message) => {
    expect(closeFailure(closed(close))).toMatchObject({ exitCode, message });
  });
});

describe('closeText', () => {
  it('says who, with what, and why', () => {
    expect(closeText(closed({ code: 1000, reason: 'done\n' }))).toBe(
      '* the server closed the WebSocket with 1000: done\\n',
    );
    expect(closeText(closed({ code: 1005 }))).toBe('* the server closed the WebSocket without a code');
    expect(closeText(closed({ code: 1000, initiator: 'local' }))).toBe('* closed with 1000');
  });
});

describe('handshakeFailure', () => {
  const refused = (status: number, headers: Record<string, string> = {}) =>
    handshakeFailure(
      new WebSocketHandshakeError('LML_ERR_WEBSOCKET_HANDSHAKE_REFUSED', 'no', {
        status,
        headers: HttpHeaders.from(headers),
      }),
    );

  it('tells the status of a refusal, and where a redirect points to', () => {
    expect(refused(403)).toMatchObject({
      exitCode: 22,
      message: 'the server refused the WebSocket with 403 Forbidden',
    });
    expect(refused(200)).toMatchObject({
      exitCode: 22,
      message: 'the server answered the WebSocket as a plain request, with 200 OK',
    });
    expect(refused(302, { Location: '/else' })).toMatchObject({
      message: 'the server refused the WebSocket with 302 Found; it points to /else',
    });
  });

  it('tells of a 101 that is no good one', () => {
    const error = new WebSocketHandshakeError('LML_ERR_WEBSOCKET_HANDSHAKE_BAD_ACCEPT', 'not\tunderstood', {
      status: 101,
      headers: HttpHeaders.from(),
    });
    expect(handshakeFailure(error)).toMatchObject({ exitCode: 8, message: 'not\\tunderstood' });
  });

  it('leaves everything else as it is', () => {
    const error = new Error('other');
    expect(handshakeFailure(error)).toBe(error);
  });
});

function closed(close: Partial<WebSocketClose>): WebSocketClose {
  return { code: 1000, reason: '', wasClean: true, initiator: 'remote', ...close };
}

function broken(code: WebSocketProtocolError['code'], message: string): WebSocketProtocolError {
  return new WebSocketProtocolError(code, message);
}
