import { HttpHeaders, HttpRequest } from '@lamella/http';
import { describe, expect, it } from 'vitest';
import { unaskedProtocol, wantsUpgrade } from './upgrade.ts';

describe('an upgrade', () => {
  it.each([
    [['websocket']],
    [['WebSocket, irc/6.9']],
    [['foo', 'bar/2']],
    [[', websocket,,']],
    [['h2cat']],
    [['x-tls']],
  ])('to %j is passed on', (protocols) => {
    expect(wantsUpgrade(asking(protocols))).toBe(true);
  });

  it.each([
    [['h2c']],
    [['H2C, websocket']],
    [['websocket', 'h2']],
    [['HTTP/3.0']],
    [['TLS/1.2,x']],
    // A recipient that knows no quotes here finds h2c in each.
    [['"x, h2c']],
    [['"x, h2c, y"']],
    [['x"', 'h2c']],
    [['"x\\", h2c"']],
    [['websocket; h2c']],
    [['web socket']],
  ])('to %j is not', (protocols) => {
    expect(wantsUpgrade(asking(protocols))).toBe(false);
  });

  it('counts only if Connection names it, in HTTP/1.1', () => {
    expect(wantsUpgrade(asking(['websocket'], 'close'))).toBe(false);
    expect(wantsUpgrade(asking(['websocket'], 'keep-alive, UPGRADE'))).toBe(true);
    expect(wantsUpgrade(asking(['websocket']).with({ version: '1.0' }))).toBe(false);
  });

  it('counts only if it names something', () => {
    for (const protocols of [[], [''], [', ,', ',']]) expect(wantsUpgrade(asking(protocols))).toBe(false);
  });
});

describe('an answer that names protocols', () => {
  it.each([
    ['websocket', 'websocket'],
    ['WebSocket', 'websocket'],
    ['a, websocket', 'websocket'],
    ['a/1, b/2', 'b/2, a/1'],
    ['a', 'a/7'],
    ['a/7', 'a'],
    ['websocket', undefined],
    ['websocket', ', ,'],
  ])('goes back: %j, %j', (asked, answered) => {
    expect(unaskedProtocol(upgradeTo(asked), upgradeTo(answered))).toBeUndefined();
  });

  it.each([
    ['websocket', 'h2c', 'h2c'],
    ['websocket', 'websocket, h2c', 'h2c'],
    ['websocket', '"websocket"', '"websocket"'],
    ['a/1', 'a/2', 'a/2'],
    ['a', 'ab', 'ab'],
  ])('does not: %j, %j', (asked, answered, unasked) => {
    expect(unaskedProtocol(upgradeTo(asked), upgradeTo(answered))).toBe(unasked);
  });
});

function upgradeTo(value: string | undefined): HttpHeaders {
  return HttpHeaders.from(value === undefined ? [] : [['Upgrade', value]]);
}

function asking(protocols: readonly string[], connection = 'upgrade'): HttpRequest {
  const upgrades = protocols.map((protocol) => ['Upgrade', protocol] as const);
  return HttpRequest.from({ target: '/', headers: [['Connection', connection], ...upgrades] });
}
