import { createExtensions, createLifecycle, stack, UsageError } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatAddress, parseAddress } from '../address/address.ts';
import { parseCidr } from '../address/cidr.ts';
import { encodeProxyProtocol } from '../codec/proxy-protocol/encode-proxy-protocol.ts';
import type { Connection } from '../connection/connection.ts';
import { createConnection } from '../connection/connection.ts';
import { connectRequest } from '../connection/connector.ts';
import { LocalAddress, PeerAddress } from '../connection/keys.ts';
import { memoryPipe } from '../memory/memory-pipe.ts';
import { checkLedger, readAll, text, utf8 } from '../testing.ts';
import { ProxyPeerAddress, ProxyProtocolFacts } from './keys.ts';
import type { ProxyProtocolAcceptOptions } from './proxy-protocol-accept-layer.ts';
import { proxyProtocolAcceptLayer } from './proxy-protocol-accept-layer.ts';
import { proxyProtocolConnectLayer } from './proxy-protocol-connect-layer.ts';

checkLedger({ beforeEach, afterEach });

const TRUSTED = [parseCidr('10.0.0.0/8'), 'fd00::/8'];
const HEADER = {
  command: 'proxy',
  transport: 'tcp',
  source: parseAddress('192.0.2.7:5000'),
  destination: parseAddress('198.51.100.1:443'),
  tlvs: [],
} as const;
const V1 = encodeProxyProtocol({ version: 1, ...HEADER });
const V2 = encodeProxyProtocol({ version: 2, ...HEADER, tlvs: [{ type: 2, value: utf8('shop.example') }] });

/** A connection of `peer` that a layer accepts, and what the service inside has seen. */
function accept(options: Partial<ProxyProtocolAcceptOptions> = {}, peer = '10.1.2.3:40000') {
  const clock = new FakeClock();
  const [near, far] = memoryPipe();
  const extensions = createExtensions('connection');
  extensions.insert(PeerAddress, parseAddress(peer));
  extensions.insert(LocalAddress, parseAddress('10.0.0.1:80'));
  const seen: {
    peer: string;
    local: string;
    proxy: string | undefined;
    content: string;
    authority: string | undefined;
  }[] = [];
  const service = proxyProtocolAcceptLayer({ trustedPeers: TRUSTED, clock, ...options })({
    async serve(connection: Connection) {
      const get = (key: typeof PeerAddress) => {
        const address = connection.extensions.get(key);
        return address === undefined ? undefined : formatAddress(address);
      };
      const content = text(await readAll(connection.stream));
      seen.push({
        peer: get(PeerAddress) ?? '',
        local: get(LocalAddress) ?? '',
        proxy: get(ProxyPeerAddress),
        authority: connection.extensions.get(ProxyProtocolFacts)?.authority,
        content,
      });
      await connection.stream.closeWrite();
    },
  });
  const served = service.serve(createConnection(far, { extensions }));
  served.catch(() => {});
  return { clock, near, served, seen };
}

describe('proxyProtocolAcceptLayer', () => {
  it.each([
    ['version 1', V1, undefined],
    ['version 2', V2, 'shop.example'],
  ])('says who the client is, and loses no byte at any cut: %s', async (_name, header, authority) => {
    const all = Buffer.concat([header, utf8('\x16\x03hello')]);
    for (let cut = 0; cut <= all.length; cut++) {
      const { near, served, seen } = accept();
      for (const part of [all.subarray(0, cut), all.subarray(cut)]) {
        if (part.length > 0) await near.write([Uint8Array.from(part)]);
        await settle(1);
      }
      await near.closeWrite();
      await served;
      expect(seen).toEqual([
        {
          peer: '192.0.2.7:5000',
          local: '198.51.100.1:443',
          proxy: '10.1.2.3:40000',
          authority,
          content: '\x16\x03hello',
        },
      ]);
      near.destroy();
    }
  });

  it.each([
    ['LOCAL', encodeProxyProtocol({ version: 2, command: 'local', transport: 'unspecified', tlvs: [] })],
    ['UNKNOWN', encodeProxyProtocol({ version: 1, command: 'proxy', transport: 'unspecified', tlvs: [] })],
  ])('leaves the addresses as they are for %s', async (_name, header) => {
    const { near, served, seen } = accept();
    await near.write([header, utf8('x')]);
    await near.closeWrite();
    await served;
    expect(seen).toMatchObject([
      { peer: '10.1.2.3:40000', local: '10.0.0.1:80', proxy: '10.1.2.3:40000', content: 'x' },
    ]);
    near.destroy();
  });

  it('takes off one header only: a second one is content', async () => {
    const { near, served, seen } = accept();
    await near.write([Uint8Array.from(Buffer.concat([V1, V1]))]);
    await near.closeWrite();
    await served;
    expect(seen).toMatchObject([{ content: text(V1) }]);
    near.destroy();
  });

  it.each(['203.0.113.9:1', '[2001:db8::1]:1'])('never believes %s', async (peer) => {
    const strict = accept({}, peer);
    await strict.near.write([V1]);
    await expect(strict.served).rejects.toMatchObject({ code: 'LML_ERR_PROXY_PROTOCOL_UNTRUSTED' });
    await expect(strict.near.read()).rejects.toMatchObject({ code: 'LML_ERR_STREAM_RESET' });
    const open = accept({ mode: 'optional' }, peer);
    await open.near.write([V1]);
    await open.near.closeWrite();
    await open.served;
    expect(open.seen).toMatchObject([{ peer, proxy: undefined, content: text(V1) }]);
    open.near.destroy();
  });

  it.each([
    ['10.1.2.3', '10.1.2.3:1', true],
    ['10.1.2.3', '10.1.2.4:1', false],
    ['::ffff:10.1.2.3', '10.1.2.3:1', true],
    ['fd00::7', '[fd00::7]:1', true],
    ['fd00::/16', '[fd00::7]:1', true],
    ['fd00::/16', '[fd01::7]:1', false],
  ])('believes %s, as text, where the peer is %s: %s', async (trusted, peer, isBelieved) => {
    const { near, served, seen } = accept({ trustedPeers: [trusted], mode: 'optional' }, peer);
    await near.write([V1]);
    await near.closeWrite();
    await served;
    expect(seen).toMatchObject([{ peer: isBelieved ? '192.0.2.7:5000' : peer }]);
    near.destroy();
  });

  it('knows a trusted peer by its IPv4-mapped address', async () => {
    const { near, served, seen } = accept({}, '[::ffff:10.1.2.3]:1');
    await near.write([V1]);
    await near.closeWrite();
    await served;
    expect(seen).toMatchObject([{ peer: '192.0.2.7:5000' }]);
    near.destroy();
  });

  it('shows a client with an IPv4-mapped address by its IPv4 address', async () => {
    const { near, served, seen } = accept();
    await near.write([utf8('PROXY TCP6 ::ffff:192.0.2.7 2001:db8::1 5000 80\r\n')]);
    await near.closeWrite();
    await served;
    expect(seen).toMatchObject([{ peer: '192.0.2.7:5000', local: '[2001:db8::1]:80' }]);
    near.destroy();
  });

  it('refuses a trusted peer without a header, unless that is optional', async () => {
    const strict = accept();
    await strict.near.write([utf8('GET / HTTP/1.1\r\n')]);
    await expect(strict.served).rejects.toMatchObject({
      code: 'LML_ERR_PROXY_PROTOCOL_MISSING',
      facts: { phase: 'proxy-protocol' },
    });
    const open = accept({ mode: 'optional' });
    await open.near.write([utf8('GET / HTTP/1.1\r\n')]);
    await open.near.closeWrite();
    await open.served;
    expect(open.seen).toMatchObject([{ peer: '10.1.2.3:40000', content: 'GET / HTTP/1.1\r\n' }]);
    open.near.destroy();
  });

  it('closes who has said nothing when it drains, and waits for the rest of a header', async () => {
    const lifecycle = createLifecycle();
    const silent = accept({ lifecycle });
    const slow = accept({ lifecycle });
    await slow.near.write([V1.slice(0, 7)]);
    for (const { clock } of [silent, slow]) await clock.advanceAsync(1_000);
    const report = lifecycle.drain();
    expect(await silent.near.read()).toBeUndefined();
    await silent.near.closeWrite();
    await silent.served;
    expect(silent.seen).toEqual([]);
    await slow.near.write([V1.slice(7)]);
    await slow.near.closeWrite();
    await slow.served;
    expect(slow.seen).toMatchObject([{ peer: '192.0.2.7:5000' }]);
    expect((await report).protocols).toEqual({ 'first-bytes': { finished: 1, closed: 1, cut: 0 } });
    for (const { near, clock } of [silent, slow]) {
      expect(clock.pendingTimers).toBe(0);
      near.destroy();
    }
  });

  it('refuses a version that it is not to take', async () => {
    const { near, served } = accept({ versions: [2] });
    await near.write([V1]);
    await expect(served).rejects.toMatchObject({ code: 'LML_ERR_PROXY_PROTOCOL_BAD_VERSION' });
  });

  it('waits only so long for a header that dribbles', async () => {
    const { near, served, clock } = accept({ timeoutMs: 1_000 });
    for (const byte of V1.subarray(0, 10)) {
      await near.write([Uint8Array.of(byte)]);
      await clock.advanceAsync(99);
    }
    await clock.advanceAsync(9);
    let isOver = false;
    served.catch(() => {
      isOver = true;
    });
    await settle();
    expect(isOver).toBe(false);
    await clock.advanceAsync(1);
    await expect(served).rejects.toMatchObject({ code: 'LML_ERR_TIMEOUT', limit: 'timeoutMs' });
    expect(clock.pendingTimers).toBe(0);
  });

  it('takes a connection that ends at once for a health check, and one in the middle of a header for broken', async () => {
    const quiet = accept();
    await quiet.near.closeWrite();
    await quiet.served;
    expect(quiet.seen).toEqual([]);
    expect(quiet.clock.pendingTimers).toBe(0);
    quiet.near.destroy();
    const broken = accept();
    await broken.near.write([V1.subarray(0, 5)]);
    await broken.near.closeWrite();
    await expect(broken.served).rejects.toMatchObject({ code: 'LML_ERR_PROXY_PROTOCOL_UNEXPECTED_END' });
  });

  it('bounds a line that has no end', async () => {
    const { near, served } = accept();
    void near.write([utf8(`PROXY ${'x'.repeat(100_000)}`)]);
    await expect(served).rejects.toMatchObject({ code: 'LML_ERR_PROXY_PROTOCOL_BAD_LINE' });
  });

  it.each([
    { trustedPeers: 'all' },
    { trustedPeers: ['all'] },
    { trustedPeers: ['192.0.2.0/33'] },
    { trustedPeers: ['fe80::1%eth0'] },
    { trustedPeers: [7] },
    { mode: 'maybe' },
    { versions: [] },
    { timeoutMs: 0 },
    { maxBytes: 106 },
    { maxBytes: 65_552 },
  ])('refuses %j', (options) => {
    expect(() => proxyProtocolAcceptLayer({ trustedPeers: TRUSTED, ...options } as never)).toThrow(UsageError);
  });
});

describe('proxyProtocolConnectLayer', () => {
  const connectVia = async (options: Parameters<typeof proxyProtocolConnectLayer>[0], client?: [string, string]) => {
    const [near, far] = memoryPipe();
    const connector = proxyProtocolConnectLayer(options)({ serve: async () => createConnection(near) });
    const ingress = createExtensions('connection');
    if (client !== undefined) {
      ingress.insert(PeerAddress, parseAddress(client[0]));
      ingress.insert(LocalAddress, parseAddress(client[1]));
    }
    const extensions = createExtensions('request', ingress);
    const connection = await connector.serve(connectRequest({ target: parseAddress('origin.test:80'), extensions }));
    await connection.stream.write([utf8('hello')]);
    await connection.stream.closeWrite();
    const bytes = await readAll(far);
    far.destroy();
    near.destroy();
    return text(bytes);
  };

  it('says for whom a connection is, before anything else', async () => {
    expect(await connectVia({ version: 1 }, ['192.0.2.7:5000', '10.0.0.1:80'])).toBe(
      'PROXY TCP4 192.0.2.7 10.0.0.1 5000 80\r\nhello',
    );
    const header = { version: 2, ...HEADER, tlvs: [{ type: 5, value: utf8('id') }] } as const;
    const sent = await connectVia({ tlvs: () => header.tlvs }, ['192.0.2.7:5000', '198.51.100.1:443']);
    expect(sent).toBe(`${text(encodeProxyProtocol(header))}hello`);
  });

  it('says that it is for nobody else, where it is', async () => {
    expect(await connectVia({ version: 1 })).toBe('PROXY UNKNOWN\r\nhello');
    const local = encodeProxyProtocol(
      { version: 2, command: 'local', transport: 'unspecified', tlvs: [] },
      { checksum: false },
    );
    expect(await connectVia({ checksum: false })).toBe(`${text(local)}hello`);
  });

  it('destroys a connection that does not take the header', async () => {
    const [near, far] = memoryPipe();
    far.destroy(new Error('gone'));
    await settle();
    const connector = proxyProtocolConnectLayer()({ serve: async () => createConnection(near) });
    await expect(connector.serve(connectRequest({ target: parseAddress('a.test:1') }))).rejects.toThrow(/./);
  });

  it.each([{ version: 3 }, { version: 1, tlvs: () => [] }])('refuses %j', (options) => {
    expect(() => proxyProtocolConnectLayer(options as never)).toThrow(UsageError);
  });
});

it('both layers understand each other', async () => {
  const { near, served, seen } = accept();
  const connector = stack(
    proxyProtocolConnectLayer({ addresses: () => ({ source: HEADER.source, destination: HEADER.destination }) }),
    { serve: async () => createConnection(near) },
  );
  const { stream } = await connector.serve(connectRequest({ target: parseAddress('10.0.0.1:80') }));
  await stream.write([utf8('through')]);
  await stream.closeWrite();
  await served;
  expect(seen).toMatchObject([{ peer: '192.0.2.7:5000', content: 'through' }]);
  near.destroy();
  expect(createLifecycle().phase).toBe('running');
});
