import { describe, expect, it } from 'vitest';
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
import { headOf, newServer, playServer, respond, want } from '../../test/support/server-playbook.ts';
import { HttpHeaders } from '../message/http-headers.ts';
import type { Http1ServerProtocol } from './http1-server-protocol.ts';

const CONNECT = 'CONNECT db.test:5432 HTTP/1.1\r\nHost: db.test:5432\r\n\r\n';
const UPGRADE = 'GET /chat HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';

describe('Http1ServerProtocol leaves HTTP', () => {
  it('by CONNECT, with the bytes behind the request', () => {
    playServer([
      send(CONNECT),
      expectEvent({ type: 'request', hasBody: false, head: { method: 'CONNECT', target: 'db.test:5432' } }),
      send('hello tunnel'),
      expectNothing(),
      can(200, true),
      can(299, true),
      can(101, false),
      can(300, false),
      switchOver(200, { 'Content-Length': '5', 'Transfer-Encoding': 'chunked', via: 'me' }, 'hello tunnel'),
      expectOutput('HTTP/1.1 200 OK\r\nvia: me\r\nDate: today\r\n\r\n'),
      isGone,
    ]);
  });

  it('by Upgrade, and adds the Connection field that belongs to it', () => {
    playServer([
      send(UPGRADE),
      expectEvent({ type: 'request', hasBody: false, head: { wantsUpgrade: true } }),
      can(101, true),
      can(200, false),
      switchOver(101, { Upgrade: 'websocket', Date: 'now' }, ''),
      expectOutput(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nDate: now\r\nConnection: Upgrade\r\n\r\n',
      ),
      isGone,
    ]);
  });

  it('by Upgrade, with the Connection field that it was given', () => {
    playServer([
      send(UPGRADE),
      expectEvent({ type: 'request' }),
      switchOver(101, { connection: 'x, UPGRADE', upgrade: 'x', date: 'now' }, ''),
      expectOutput('HTTP/1.1 101 Switching Protocols\r\nconnection: x, UPGRADE\r\nupgrade: x\r\ndate: now\r\n\r\n'),
    ]);
  });

  it.each([
    ['CONNECT', CONNECT, 200],
    ['Upgrade', UPGRADE, 101],
  ])('by %s, with every byte in its place wherever the input is cut', (_how, head, status) => {
    const input = Buffer.from(`${head}\0\r\nGET / HTTP/1.1\r\n\xff`, 'latin1');
    for (let at = 0; at <= input.length; at++) {
      const protocol = newServer(0);
      let isAsked = false;
      let seen = '';
      for (const part of [input.subarray(0, at), input.subarray(at)]) {
        const piece = Buffer.from(part);
        if (isAsked) {
          seen += piece.toString('latin1'); // the stream's own now
          continue;
        }
        protocol.receiveBytes(piece);
        for (let event = protocol.nextEvent(0); event !== undefined; event = protocol.nextEvent(0)) {
          expect(event.type).toBe('request');
          isAsked = true;
        }
        piece.fill(0xaa);
        if (isAsked) seen += textOf(protocol.switchOver(status, '', HttpHeaders.from(), ''));
      }
      expect(seen, `cut at ${at}`).toBe('\0\r\nGET / HTTP/1.1\r\n\xff');
    }
  });

  it('only after the body of the request, which is no part of the other protocol', () => {
    playServer([
      send(UPGRADE.replace('\r\n\r\n', '\r\nContent-Length: 5\r\n\r\nhel')),
      expectEvent({ type: 'request', hasBody: true, head: { wantsUpgrade: true } }),
      expectEvent({ type: 'data', bytes: 'hel' }),
      can(101, true),
      refuses('LML_ERR_HTTP1_WRONG_STATE', (protocol) => protocol.switchOver(101, '', HttpHeaders.from(), '')),
      expectNothing(),
      send('lo\x81\x00'),
      expectEvent({ type: 'data', bytes: 'lo' }),
      expectEvent({ type: 'end' }),
      switchOver(101, { Upgrade: 'websocket', Date: '' }, '\x81\x00'),
      expectOutput('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nDate: \r\nConnection: Upgrade\r\n\r\n'),
    ]);
  });

  it('only after a chunked body too, and sends 100 for it if that is expected', () => {
    playServer([
      send(UPGRADE.replace('\r\n\r\n', '\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n')),
      expectEvent({ type: 'request', hasBody: true }),
      want(true),
      expectOutput('HTTP/1.1 100 Continue\r\n\r\n'),
      send('2\r\nhi\r\n0\r\n\r\nrest'),
      expectEvent({ type: 'data', bytes: 'hi' }),
      expectEvent({ type: 'end' }),
      switchOver(101, { Upgrade: 'websocket', Date: '' }, 'rest'),
      expectOutput('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nDate: \r\nConnection: Upgrade\r\n\r\n'),
    ]);
  });

  it('and forgets its deadlines', () => {
    playServer([
      send(UPGRADE),
      expectEvent({ type: 'request' }),
      command((protocol, nowMs) => protocol.blockWrite(true, nowMs)),
      switchOver(101, { Upgrade: 'websocket', Date: '' }, ''),
      command((protocol) => expect(protocol.nextTimeoutMs()).toBe(Number.POSITIVE_INFINITY)),
      advance(10_000_000),
      expectOutput('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nDate: \r\nConnection: Upgrade\r\n\r\n'),
    ]);
  });

  it.each([
    ['a request that asks for nothing', 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n', [101, 200]],
    ['an Upgrade that Connection does not name', 'GET / HTTP/1.1\r\nHost: a.test\r\nUpgrade: x\r\n\r\n', [101, 200]],
    ['an Upgrade of HTTP/1.0', UPGRADE.replace('1.1', '1.0'), [101, 200]],
    ['CONNECT, by 101', CONNECT, [101, 199, 300]],
  ])('but not for %s', (_what, head, statuses) => {
    playServer([
      send(head),
      expectEvent({ type: 'request' }),
      ...statuses.flatMap((status): Step<Http1ServerProtocol>[] => [
        can(status, false),
        refuses('LML_ERR_HTTP1_BAD_SWITCH', (protocol) => protocol.switchOver(status, '', HttpHeaders.from(), '')),
      ]),
      expectNothing(),
    ]);
  });

  it('but not without a request', () => {
    playServer([
      can(101, false),
      can(200, false),
      refuses('LML_ERR_HTTP1_BAD_SWITCH', (protocol) => protocol.switchOver(200, '', HttpHeaders.from(), '')),
    ]);
  });

  it('but not by a plain 2xx to CONNECT, which the client would take for a tunnel', () => {
    playServer([
      send(CONNECT),
      expectEvent({ type: 'request' }),
      refuses('LML_ERR_HTTP1_BAD_SWITCH', (protocol) => protocol.sendHead(headOf({ status: 204 }))),
      refuses('LML_ERR_HTTP1_BAD_SWITCH', (protocol) => protocol.sendHead(headOf({ body: 'hi' }))),
      respond({ status: 502, body: 'no' }),
      expectOutput('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno'),
    ]);
  });

  it('and what a client has sent for a tunnel that is refused is never taken for a request', () => {
    playServer([
      send(`${CONNECT}GET /hidden HTTP/1.1\r\nHost: a.test\r\n\r\n`),
      expectEvent({ type: 'request' }),
      respond({ status: 403 }),
      expectOutput('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'),
      expectState<Http1ServerProtocol>({ isOver: true }),
      expectNothing(),
    ]);
  });

  it('or refuses an upgrade like any request, and goes on', () => {
    playServer([
      send(UPGRADE + CONNECT),
      expectEvent({ type: 'request' }),
      respond({ status: 426, headers: { Connection: 'upgrade', Upgrade: 'h9' } }),
      expectOutput('HTTP/1.1 426 Upgrade Required\r\nConnection: upgrade\r\nUpgrade: h9\r\nContent-Length: 0\r\n\r\n'),
      expectEvent({ type: 'request', head: { method: 'CONNECT' } }),
      switchOver(200, { Date: '' }, ''),
      expectOutput('HTTP/1.1 200 OK\r\nDate: \r\n\r\n'),
    ]);
  });

  it('with the standard head', () => {
    playServer([
      send(UPGRADE),
      expectEvent({ type: 'request' }),
      command((protocol) =>
        protocol.switchOver(101, 'Switching Protocols', HttpHeaders.from({ Upgrade: 'websocket' }), ''),
      ),
      expectOutput(SWITCHED),
    ]);
  });
});

const isGone = command<Http1ServerProtocol>((protocol, nowMs) => {
  expect([protocol.isIdle, protocol.isOver, protocol.awaitsResponse, protocol.bytesWaiting]).toEqual([
    false,
    false,
    false,
    0,
  ]);
  expect(() => protocol.sendEnd(undefined, nowMs)).toThrow('body-end is not possible in state switched');
});

function can(status: number, expected: boolean): Step<Http1ServerProtocol> {
  return command((protocol) => expect(protocol.canSwitch(status)).toBe(expected));
}

function switchOver(status: number, headers: Record<string, string>, rest: string): Step<Http1ServerProtocol> {
  return command((protocol) => {
    const reason = status === 101 ? 'Switching Protocols' : 'OK';
    const bytes = protocol.switchOver(status, reason, HttpHeaders.from(headers), 'Date: today\r\n');
    expect(textOf(bytes)).toBe(rest);
  });
}
