import { describe, expect, it } from 'vitest';
import { cell } from './cell.ts';
import { createExtensions } from './create-extensions.ts';
import type { ExtensionKey } from './extension-key.ts';
import { extensionKey } from './extension-key.ts';
import { extensionSequence } from './extension-log.ts';

const Peer: ExtensionKey<string, 'connection'> = extensionKey('test/peer', { scope: 'connection' });
const Facts: ExtensionKey<string, 'connection'> = extensionKey('test/facts', { scope: 'connection', prefer: 'egress' });
const User: ExtensionKey<string, 'request'> = extensionKey('test/user', { scope: 'request' });
const Token: ExtensionKey<string, 'request'> = extensionKey('test/token', { scope: 'request', originScoped: true });
const Cipher: ExtensionKey<string, 'connection'> = extensionKey('test/cipher', {
  scope: 'connection',
  peerScoped: true,
});
const Attempt: ExtensionKey<number, 'attempt'> = extensionKey('test/attempt', { scope: 'attempt' });

describe('keys', () => {
  it('are the same for every copy of a package', () => {
    expect(Peer.id).toBe(Symbol.for('lamella/test/peer'));
    expect(extensionKey('test/peer', { scope: 'connection' }).id).toBe(Peer.id);
  });

  it('refuse a second declaration with other rules, and names without a namespace', () => {
    expect(() => extensionKey('test/peer', { scope: 'request' })).toThrow('declared twice');
    expect(() => extensionKey('test/peer', { scope: 'connection', prefer: 'egress' })).toThrow('declared twice');
    expect(() => extensionKey('test/peer', { scope: 'connection', originScoped: true })).toThrow('declared twice');
    expect(() => extensionKey('test/peer', { scope: 'connection', peerScoped: true })).toThrow('declared twice');
    expect(() => extensionKey('peer', { scope: 'connection' })).toThrow('namespace/name');
    expect(() => extensionKey('Test/Peer', { scope: 'connection' })).toThrow('namespace/name');
  });
});

describe('a store', () => {
  it('answers with the newest entry, and keeps the older ones', () => {
    const request = createExtensions('request');
    expect(request.get(User)).toBeUndefined();
    request.insert(User, 'old');
    request.insert(User, 'new', { by: 'session' });
    expect(request.get(User)).toBe('new');
    expect(request.inspect()).toMatch(
      /^request\n {2}#\d+ test\/user = new \(by session\)\n {2}#\d+ test\/user = old \(by test\)$/,
    );
  });

  it('keeps what an attempt writes out of the next attempt', () => {
    const request = createExtensions('request');
    request.insert(User, 'caller');
    const first = request.fork('attempt');
    first.insert(Attempt, 1);
    first.insert(User, 'rewritten');
    const second = request.fork('attempt');

    expect(first.get(User)).toBe('rewritten');
    expect(second.get(User)).toBe('caller');
    expect(second.get(Attempt)).toBeUndefined();
    expect(request.get(User)).toBe('caller');
    expect(first.fork('response').get(Attempt)).toBe(1);
  });

  it('sees what is written above it later', () => {
    const request = createExtensions('request');
    const attempt = request.fork('attempt');
    request.insert(User, 'late');
    expect(attempt.get(User)).toBe('late');
  });

  it('hides keys below a fork, by name and by origin, but takes new values there', () => {
    const request = createExtensions('request');
    request.insert(User, 'u');
    request.insert(Token, 'secret');

    const named = request.fork('attempt', { hide: [User] });
    expect(named.get(User)).toBeUndefined();
    expect(named.get(Token)).toBe('secret');

    const crossOrigin = request.fork('attempt', { hideOriginScoped: true });
    expect(crossOrigin.get(Token)).toBeUndefined();
    expect(crossOrigin.get(User)).toBe('u');
    crossOrigin.insert(Token, 'other origin');
    expect(crossOrigin.get(Token)).toBe('other origin');
    expect(crossOrigin.fork('response').get(Token)).toBe('other origin');
    expect(request.get(Token)).toBe('secret');
  });

  it('hides what tells of the peer in a tunnel through that, but not in what else comes of the connection', () => {
    const connection = createExtensions('connection');
    connection.insert(Peer, 'proxy');
    connection.insert(Cipher, 'of the proxy');
    const tunnel = connection.fork('upgrade', { hidePeerScoped: true, hide: [Facts] });
    expect([tunnel.get(Peer), tunnel.get(Cipher)]).toEqual(['proxy', undefined]);
    tunnel.insert(Cipher, 'of the origin');
    expect(tunnel.get(Cipher)).toBe('of the origin');
    for (const other of [{}, { hideOriginScoped: true }]) {
      expect(connection.fork('upgrade', other).get(Cipher)).toBe('of the proxy');
    }
    expect(connection.get(Cipher)).toBe('of the proxy');
  });

  it('refuses inserts once sealed, and more than 4,096 of them', () => {
    const sealed = createExtensions('connection');
    sealed.insert(Peer, 'a');
    sealed.seal();
    expect(() => sealed.insert(Peer, 'b')).toThrow('sealed');
    expect(sealed.get(Peer)).toBe('a');

    const full = createExtensions('request');
    for (let entry = 0; entry < 4096; entry++) full.insert(User, 'x');
    expect(() => full.insert(User, 'x')).toThrow(/at most 4096/);
  });
});

describe('links to connections', () => {
  it('answer by the preferred side of the key, whenever the other side was linked', () => {
    const client = createExtensions('connection');
    client.insert(Peer, 'the client');
    client.insert(Facts, 'client facts');
    const upstream = createExtensions('connection');
    upstream.insert(Peer, 'the upstream');
    upstream.insert(Facts, 'upstream facts');

    const request = createExtensions('request', client);
    expect(request.get(Peer)).toBe('the client');
    expect(request.get(Facts)).toBe('client facts'); // no egress yet: the other side answers

    const attempt = request.fork('attempt');
    attempt.link('egress', upstream);
    expect(attempt.get(Peer)).toBe('the client');
    expect(attempt.get(Facts)).toBe('upstream facts');
    expect(attempt.fork('response').get(Facts)).toBe('upstream facts');
    expect(attempt.egress).toBe(upstream);
    expect(request.egress).toBeUndefined();
  });

  it('do not fall back to the other side when the preferred one has no such entry', () => {
    const client = createExtensions('connection');
    const upstream = createExtensions('connection');
    upstream.insert(Peer, 'the upstream');
    const request = createExtensions('request');
    request.link('ingress', client);
    request.link('egress', upstream);
    expect(request.get(Peer)).toBeUndefined();
  });

  it('are set once and never close a cycle', () => {
    const connection = createExtensions('connection');
    const upgrade = connection.fork('upgrade');
    const request = createExtensions('request', connection);
    expect(() => request.link('ingress', connection)).toThrow('linked already');
    expect(() => connection.link('egress', upgrade)).toThrow('cycle');
    expect(() => upgrade.link('egress', upgrade)).toThrow('cycle');
    const outer = createExtensions('request', upgrade);
    expect(() => upgrade.link('egress', outer)).toThrow('cycle');
    const first = createExtensions('connection');
    const second = createExtensions('connection');
    first.link('egress', second);
    expect(() => second.link('egress', first)).toThrow('cycle');
  });

  it('let an upgrade carry a connection of its own', () => {
    const connection = createExtensions('connection');
    connection.insert(Peer, 'outer');
    const upgrade = connection.fork('upgrade');
    expect(upgrade.get(Peer)).toBe('outer');
    upgrade.insert(Peer, 'inner');
    expect(upgrade.get(Peer)).toBe('inner');
    expect(connection.get(Peer)).toBe('outer');
  });
});

describe('promote', () => {
  it('copies a visible value with the name of its writer, and nothing if there is none', () => {
    const client = createExtensions('connection');
    client.insert(Peer, 'client', { by: 'proxy-protocol' });
    const request = createExtensions('request', client);
    const other = createExtensions('connection');
    request.promote(Peer, other);
    request.promote(Facts, other);
    expect(other.get(Peer)).toBe('client');
    expect(other.get(Facts)).toBeUndefined();
    expect(other.inspect()).toContain('test/peer = client (by proxy-protocol)');
  });
});

describe('asOf', () => {
  it('is a snapshot through the whole tree', () => {
    const client = createExtensions('connection');
    const request = createExtensions('request', client);
    client.insert(Peer, 'early');
    request.insert(User, 'early');
    const moment = extensionSequence();
    client.insert(Peer, 'late');
    request.insert(User, 'late');

    const then = request.asOf(moment);
    expect(then.get(User)).toBe('early');
    expect(then.get(Peer)).toBe('early');
    expect(then.inspect()).not.toContain('late');
    expect(request.get(Peer)).toBe('late');
  });
});

describe('inspect', () => {
  it('shows parents and links, each once, and never fails on a value', () => {
    const Any: ExtensionKey<unknown, 'request'> = extensionKey('test/any', { scope: 'request' });
    const client = createExtensions('connection');
    client.insert(Peer, 'c');
    const request = createExtensions('request', client);
    const cyclic: { self?: unknown } = {};
    cyclic.self = cyclic;
    request.insert(Any, cyclic);
    request.insert(Any, { plain: 1 });
    request.insert(Any, [1, 2]);
    request.insert(Any, () => 1);
    request.insert(Any, new URL('http://example.test/'));
    request.insert(Any, 'x'.repeat(500));
    request.insert(Any, Object.assign(Object.create(null), { bare: 1 }));
    request.insert(Any, {
      toString() {
        throw new Error('no text');
      },
    });
    const attempt = request.fork('attempt');
    attempt.insert(Attempt, 1);

    const text = attempt.inspect().replaceAll(/#\d+ /g, '');
    expect(text.split('\n')).toEqual([
      'attempt',
      '  test/attempt = 1 (by test)',
      '  parent:',
      '    request',
      '      test/any = [object] (by test)',
      '      test/any = {"bare":1} (by test)',
      `      test/any = ${'x'.repeat(500)} (by test)`,
      '      test/any = http://example.test/ (by test)',
      '      test/any = [function] (by test)',
      '      test/any = [1,2] (by test)',
      '      test/any = {"plain":1} (by test)',
      '      test/any = [object] (by test)',
      '      ingress:',
      '        connection',
      '          test/peer = c (by test)',
    ]);
  });
});

describe('cell', () => {
  it('tells its watchers of changes only, until they stop', () => {
    const bytes = cell(1);
    const seen: number[] = [];
    const watching = bytes.watch((value) => seen.push(value));
    bytes.set(1);
    bytes.set(2);
    watching[Symbol.dispose]();
    bytes.set(3);
    expect(seen).toEqual([2]);
    expect(bytes.get()).toBe(3);
  });

  it('tells nobody of an old value last, though a watcher sets a new one', () => {
    const phase = cell(0);
    const seen: number[] = [];
    phase.watch((value) => {
      if (value === 1) phase.set(2);
    });
    phase.watch((value) => seen.push(value));
    phase.set(1);
    expect(seen).toEqual([2]);
  });
});
