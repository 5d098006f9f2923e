import { describe, expect, it } from 'vitest';
import type { TestRequest } from '../../test/support/client-playbook.ts';
import {
  ask,
  endRequest,
  newClient,
  playClient,
  requestHeadOf,
  startRequest,
} from '../../test/support/client-playbook.ts';
import { textOf } from '../../test/support/codec.ts';
import {
  advance,
  command,
  expectEvent,
  expectNothing,
  expectOutput,
  expectState,
  refuses,
  type Step,
  send,
} from '../../test/support/playbook.ts';
import type { Http1ClientProtocol } from './http1-client-protocol.ts';

const CONNECT: TestRequest = { method: 'CONNECT', target: 'db.test:5432' };
const UPGRADE: TestRequest = { headers: { Connection: 'Upgrade', Upgrade: 'websocket' } };
const ESTABLISHED = 'HTTP/1.1 200 Connection Established\r\n\r\n';
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';
const isSwitched = expectEvent({ type: 'response', hasBody: false, hasSwitched: true });

/** Takes what came behind the head, and asserts that HTTP is over. */
function switchesWith(rest: string): Step<Http1ClientProtocol> {
  return command((protocol) => {
    expect(textOf(protocol.switchOver())).toBe(rest);
    expect(protocol.nextTimeoutMs()).toBe(Number.POSITIVE_INFINITY);
    expect(protocol).toMatchObject({ isIdle: false, isOver: false, hasSentRequest: true });
  });
}

describe('Http1ClientProtocol leaves HTTP', () => {
  it.each([200, 201, 204, 299])('by CONNECT and %d, whatever the head says about content', (status) => {
    playClient([
      ask(CONNECT),
      expectOutput('CONNECT db.test:5432 HTTP/1.1\r\nHost: a.test\r\n\r\n'),
      send(`HTTP/1.1 ${status} \r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n`),
      isSwitched,
      send('hello tunnel'),
      expectNothing(),
      switchesWith('hello tunnel'),
      advance(10_000_000),
      expectNothing(),
    ]);
  });

  it('by Upgrade and 101', () => {
    playClient([
      ask(UPGRADE),
      expectOutput('GET / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
      send(`HTTP/1.1 103 \r\n\r\n${SWITCHED}`),
      expectEvent({ type: 'informational' }),
      isSwitched,
      switchesWith(''),
    ]);
  });

  it('by Upgrade, after a request body', () => {
    playClient([
      ask({ ...UPGRADE, method: 'POST', body: 'hi' }),
      expectOutput(/\r\nContent-Length: 2\r\n\r\nhi$/),
      send(`${SWITCHED}\x81\x00`),
      isSwitched,
      switchesWith('\x81\x00'),
    ]);
  });

  it.each<[string, TestRequest, string]>([
    ['CONNECT', CONNECT, ESTABLISHED],
    ['Upgrade', UPGRADE, SWITCHED],
  ])('by %s, with every byte in its place wherever the input is cut', (_how, request, head) => {
    const payload = '\0\r\nHTTP/1.1 200 OK\r\n\r\n\xff';
    const input = Buffer.from(head + payload, 'latin1');
    for (let at = 0; at <= input.length; at++) {
      const protocol = newClient();
      protocol.sendHead(requestHeadOf(request), 0);
      protocol.sendEnd(undefined);
      let hasSwitched = false;
      let seen = '';
      for (const part of [input.subarray(0, at), input.subarray(at)]) {
        const piece = Buffer.from(part);
        if (hasSwitched) {
          seen += piece.toString('latin1'); // the stream's own now
          continue;
        }
        protocol.receiveBytes(piece);
        for (let event = protocol.nextEvent(0); event !== undefined; event = protocol.nextEvent(0)) {
          expect(event).toMatchObject({ type: 'response', hasSwitched: true });
          hasSwitched = true;
        }
        piece.fill(0xaa);
        if (hasSwitched) seen += textOf(protocol.switchOver());
      }
      expect(seen, `cut at ${at}`).toBe(payload);
    }
  });

  it('not by 101 to CONNECT, nor by 2xx to Upgrade, which is an ordinary answer', () => {
    playClient([ask(CONNECT), expectOutput(/CONNECT/), send(SWITCHED), isRefused]);
    playClient([
      ask(UPGRADE),
      expectOutput(/GET/),
      send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'),
      expectEvent({ type: 'response', hasBody: true, hasSwitched: false }),
      expectEvent({ type: 'data', bytes: 'hi' }),
      expectEvent({ type: 'end' }),
      expectState<Http1ClientProtocol>({ isIdle: true }),
    ]);
  });

  it.each<[string, TestRequest]>([
    ['without Upgrade', {}],
    ['with Upgrade that Connection does not name', { headers: { Upgrade: 'x', Connection: 'close' } }],
    ['with Connection: upgrade, but no Upgrade', { headers: { Connection: 'upgrade' } }],
  ])('not by 101 to a request %s', (_what, request) => {
    playClient([ask(request), expectOutput(/GET/), send(SWITCHED), isRefused]);
  });

  it('not before the request is sent whole', () => {
    playClient([
      startRequest({ ...UPGRADE, method: 'POST', size: 2 }),
      expectOutput(/POST/),
      send(SWITCHED),
      isRefused,
      refuses('LML_ERR_HTTP1_WRONG_STATE', (protocol) => protocol.switchOver()),
    ]);
    playClient([startRequest(CONNECT), expectOutput(/CONNECT/), send(ESTABLISHED), isRefused]);
    playClient([startRequest(CONNECT), endRequest, expectOutput(/CONNECT/), send(ESTABLISHED), isSwitched]);
  });

  it('not by CONNECT that failed: the next request can follow', () => {
    playClient([
      ask(CONNECT),
      expectOutput(/CONNECT/),
      send('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\nbad'),
      expectEvent({ type: 'response', hasBody: true, hasSwitched: false }),
      expectEvent({ type: 'data', bytes: 'bad' }),
      expectEvent({ type: 'end' }),
      expectState<Http1ClientProtocol>({ isIdle: true }),
    ]);
  });
});

const isRefused = expectEvent({ type: 'failed', error: { code: 'LML_ERR_HTTP1_BAD_SWITCH', origin: 'remote' } });
