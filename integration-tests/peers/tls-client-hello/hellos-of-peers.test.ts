import { connect } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { chromiumPage } from '../../support/chromium.ts';
import { useLedger } from '../../support/ledger.ts';
import { usePeers } from '../../support/peers.ts';
import { curl, run } from '../../support/run.ts';
import { dribbleTo, listenForHello } from './support.ts';

useLedger();

const TLS13 = 0x0304;
const TLS12 = 0x0303;

describe('hellos of openssl', () => {
  usePeers('openssl');

  it('tells name, protocols, versions and groups', async () => {
    const { port, heard } = await listenForHello();
    const offers = ['-servername', 'shop.example.com', '-alpn', 'h2,http/1.1', '-groups', 'X25519:P-256'];
    await run('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, ...offers]);
    const { hello, fingerprints } = await heard;
    expect(hello).toMatchObject({
      legacyVersion: TLS12,
      serverName: 'shop.example.com',
      alpnProtocols: ['h2', 'http/1.1'],
      supportedGroups: [29, 23],
      keyShareGroups: [29],
      pskKeyExchangeModes: [1],
      compressionMethods: [0],
      hasGrease: false,
      hasPreSharedKey: false,
      hasEarlyData: false,
    });
    expect(hello.supportedVersions.slice(0, 2)).toEqual([TLS13, TLS12]); // some builds offer older ones too
    expect(hello.cipherSuites.slice(0, 3)).toEqual([0x1302, 0x1303, 0x1301]);
    expect(fingerprints.ja4).toMatch(/^t13d\d{4}h2_[0-9a-f]{12}_[0-9a-f]{12}$/);
    expect(fingerprints.ja3Raw).toMatch(/^771,4866-4867-4865-/);
  });

  it.each([
    ['-tls1_2', [], 't12d'],
    ['-tls1_3', [TLS13], 't13d'],
  ])('of one version: %s', async (option, versions, start) => {
    const { port, heard } = await listenForHello();
    await run('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', 'a.test', option]);
    const { hello, fingerprints } = await heard;
    expect(hello.supportedVersions).toEqual(versions);
    expect(fingerprints.ja4.slice(0, 4)).toBe(start);
  });

  it('without a name and protocols', async () => {
    const { port, heard } = await listenForHello();
    await run('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-noservername']);
    const { hello, fingerprints } = await heard;
    expect([hello.serverName, hello.alpnProtocols]).toEqual([undefined, []]);
    expect(fingerprints.ja4).toMatch(/^t13i\d{4}00_/);
  });

  it('one byte at a time', async () => {
    const { port, heard } = await listenForHello();
    const slow = await dribbleTo(port);
    await run('openssl', ['s_client', '-connect', `127.0.0.1:${slow}`, '-servername', 'slow.test']);
    expect((await heard).hello.serverName).toBe('slow.test');
  });
});

describe('hellos of curl', () => {
  usePeers('curl');

  it('tells the name of the URL, and the protocols', async () => {
    const { port, heard } = await listenForHello();
    await curl('-k', '--http2', '--resolve', `curl.example.com:${port}:127.0.0.1`, `https://curl.example.com:${port}/`);
    const { hello, fingerprints } = await heard;
    expect(hello.serverName).toBe('curl.example.com');
    expect(hello.alpnProtocols).toEqual(['h2', 'http/1.1']);
    expect(fingerprints.ja4).toMatch(/^t13d\d{4}h2_/);
    expect(fingerprints.peetPrintRaw).toMatch(/^772-771(?:-770-769)?\|2-1\.1\|29-/);
  });

  it('names no host where the URL has an address, and leaves the dot off', async () => {
    const byAddress = await listenForHello();
    await curl('-k', `https://127.0.0.1:${byAddress.port}/`);
    expect((await byAddress.heard).hello.serverName).toBeUndefined();

    const { port, heard } = await listenForHello();
    await curl('-k', '--resolve', `dot.example.com.:${port}:127.0.0.1`, `https://dot.example.com.:${port}/`);
    expect((await heard).hello.serverName).toBe('dot.example.com');
  });

  it('refuses its plain HTTP, and says that it is', async () => {
    const { port, heard } = await listenForHello();
    const { code } = await curl(`http://127.0.0.1:${port}/`);
    expect(code).not.toBe(0);
    await expect(heard).rejects.toMatchObject({ code: 'LML_ERR_CLIENT_HELLO_PLAIN_HTTP' });
  });
});

describe('hellos of Node', () => {
  it('tells name, protocols and versions', async () => {
    const { port, heard } = await listenForHello();
    const offers = { servername: 'node.example.com', ALPNProtocols: ['a', 'b/1'], minVersion: 'TLSv1.2' } as const;
    const socket = connect({ port, host: '127.0.0.1', ...offers });
    socket.on('error', () => {});
    onTestFinished(() => void socket.destroy());
    const { hello, fingerprints } = await heard;
    expect(hello).toMatchObject({ serverName: 'node.example.com', alpnProtocols: ['a', 'b/1'] });
    expect(hello.supportedVersions).toEqual([TLS13, TLS12]);
    expect(fingerprints.ja4).toMatch(/^t13d\d{4}aa_/);
  });
});

describe('hellos of Chromium', () => {
  usePeers('chromium');

  it('has GREASE, a key for after quantum computers, and one JA4 and PeetPrint however it shuffles', async () => {
    const page = await chromiumPage();
    const found: { readonly ja4: string; readonly peetPrint: string }[] = [];
    for (let visit = 0; visit < 2; visit++) {
      const { port, heard } = await listenForHello();
      await page.goto(`https://localhost:${port}/`).catch(() => {}); // we hang up on it
      const { hello, fingerprints } = await heard;
      expect(hello).toMatchObject({ serverName: 'localhost', alpnProtocols: ['h2', 'http/1.1'], hasGrease: true });
      expect(hello.keyShareGroups).toContain(29);
      found.push({ ja4: fingerprints.ja4, peetPrint: fingerprints.peetPrint });
    }
    expect(found[0]?.ja4).toMatch(/^t13d15\d\dh2_8daaf6152771_[0-9a-f]{12}$/);
    expect(found[1]).toEqual(found[0]);
  });
});
