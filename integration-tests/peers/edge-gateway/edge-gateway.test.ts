import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { loadCertificateAuthority } from '@lamella/tls';
import { describe, expect, it } from 'vitest';
import { chromiumPage } from '../../support/chromium.ts';
import { h2load } from '../../support/h2load.ts';
import { usePeers } from '../../support/peers.ts';
import { curl, NO_PROXIES, run } from '../../support/run.ts';
import type { RunningApp } from '../../support/start-app.ts';
import { startApp, startAppAsUser } from '../../support/start-app.ts';
import type { RunningProcess } from '../../support/start-process.ts';
import { startProcess } from '../../support/start-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

usePeers('chromium', 'curl', 'h2load', 'openssl');

describe('the edge gateway', { timeout: 300_000 }, () => {
  it('starts by the command of the README, and prints commands that work', async () => {
    const gateway = await startAppAsUser('start:edge-gateway', { CERT_FOLDER: temporaryFolder() });
    const outputs = [];
    for (const command of gateway.stdout().match(/^ {2}curl .*$/gm) ?? []) {
      outputs.push((await run('sh', ['-c', command], { env: NO_PROXIES })).stdout);
    }
    expect(outputs).toEqual([
      expect.stringMatching(/^HTTP\/2 200 [\s\S]*{"server":"api",.*"version":"2","via":"2 .*"proto":"https"}$/),
      expect.stringMatching(/^HTTP\/1.1 200 OK[\s\S]*{"server":"api",.*"version":"2","via":"1.1 .*"proto":"https"}$/),
      'hello',
      expect.stringMatching(/^{"server":"direct","path":"\/","host":"direct.localhost:[0-9]+","version":"2"}$/),
      'ok\n',
    ]);
    gateway.signal('SIGINT');
    await gateway.printed(/^drained in [0-9]+ ms/m);
    await gateway.ended;
    // Runners of packages have their own words for being interrupted.
    expect(gateway.stderr()).toMatch(/^((npm|pnpm) .*\n)*$/);
  });

  it('shows each name its certificate, and none to others', async () => {
    const { folder, ask, port } = await start();
    for (const host of ['shop', 'api', 'direct']) {
      const name = `${host}.localhost`;
      const shown = await certificateShown(port, name);
      expect(shown?.serialNumber).toBe(new X509Certificate(readFileSync(join(folder, `${name}.pem`))).serialNumber);
    }
    expect(await certificateShown(port, 'other.localhost')).toBeUndefined();
    const misled = await ask('api.localhost', '/', '-H', 'Host: other.localhost', '-w', '%{http_code}');
    expect(misled.stdout).toMatch(/421$/);
  });

  it('serves a page of Chromium by HTTP/2: tiles, events and a WebSocket', async () => {
    const { gateway, port } = await start();
    const page = await chromiumPage();
    const failed: string[] = [];
    page.on('requestfailed', (request) => failed.push(request.url()));
    await page.goto(`https://shop.localhost:${port}/`);
    await page.getByText(/^tick [2-9]/).waitFor();
    await page.getByText('hello').waitFor();
    const { protocols, tiles } = await page.evaluate<{ protocols: string[]; tiles: number }>(PROTOCOLS);
    expect(protocols).toEqual(['h2']);
    expect(tiles).toBe(50);
    expect(failed).toEqual([]);
    gateway.signal('SIGTERM');
    expect(await gateway.ended).toBe(0); // an open page holds nobody up: its events end, its WebSocket closes
    expect(gateway.stdout()).toMatch(/websocket [1-9] finished, 0 closed, 0 cut/);
    // Chromium first refuses an authority that it does not know, and may have tried twice by then.
    expect(gateway.stderr()).toMatch(/^(a connection failed: .* alert certificate_unknown; .*\n)*$/);
  });

  it('reloads certificates under load, when files change and on SIGHUP, and loses nothing', async () => {
    const { gateway, folder, port, ask } = await start({ CERT_CHECK_MS: '50' });
    const page = await chromiumPage();
    await page.goto(`https://shop.localhost:${port}/`);
    const load = h2load(
      '-n',
      '60000',
      '-c',
      '4',
      '-m',
      '10',
      '--connect-to',
      `127.0.0.1:${port}`,
      `https://api.localhost:${port}/bytes/100`,
    );
    const serials = new Set<string | undefined>();
    const failures: unknown[] = [];
    let isOver = false;
    const curls = (async () => {
      while (!isOver) {
        const { code, stderr } = await ask('api.localhost', '/', '-o', '/dev/null');
        if (code !== 0) failures.push(stderr);
      }
    })();
    for (let round = 1; round <= 4; round++) {
      await replaceCertificate(folder, 'api.localhost');
      if (round % 2 === 0) gateway.signal('SIGHUP');
      const expected = new X509Certificate(readFileSync(join(folder, 'api.localhost.pem'))).serialNumber;
      while ((await certificateShown(port, 'api.localhost'))?.serialNumber !== expected) {}
      serials.add(expected);
      // Pages that are open go on, by the connection that they have.
      expect(await page.evaluate(`fetch('/tiles/${round}.svg').then(({ status }) => status)`)).toBe(200);
    }
    expect(serials.size).toBe(4);
    expect(await load).toMatchObject({ total: 60_000, succeeded: 60_000, failed: 0 });
    isOver = true;
    await curls;
    expect(failures).toEqual([]);
    expect(gateway.stdout().match(/^certificates: new ones are shown/gm)?.length).toBeGreaterThanOrEqual(4);
  });

  it('keeps the old certificate while files hold something that is none', async () => {
    const { gateway, folder, port } = await start({ CERT_CHECK_MS: '50' });
    const before = await certificateShown(port, 'api.localhost');
    writeFileSync(join(folder, 'api.localhost.pem'), 'no certificate');
    await gateway.printed(/^certificates: .*api\.localhost\.pem.*; the old one stays$/m, 'stderr');
    expect((await certificateShown(port, 'api.localhost'))?.serialNumber).toBe(before?.serialNumber);
  });

  it('drains on SIGTERM without a request lost: HTTP/2, HTTP/1.1, a WebSocket, and what is passed on', async () => {
    const { gateway, port, ask, begin } = await start({ PRE_DRAIN_MS: '3000', GRACE_MS: '60000' });
    const page = await chromiumPage();
    await page.goto(`https://shop.localhost:${port}/`);
    await page.getByText('hello').waitFor();
    const load = h2load(
      '-D',
      '9',
      '-c',
      '4',
      '-m',
      '10',
      '--connect-to',
      `127.0.0.1:${port}`,
      `https://api.localhost:${port}/`,
    );
    const codes = new Set<unknown>();
    const curls = (async () => {
      // As a balancer: whoever is not ready gets nothing new.
      for (let isReady = true; isReady; ) {
        codes.add((await ask('api.localhost', '/', '-o', '/dev/null')).code);
        isReady = (await ask('api.localhost', '/readyz')).stdout === 'ok\n';
      }
    })();
    const slow = [
      begin('api.localhost', '/slow?seconds=5', '-N'),
      begin('api.localhost', '/slow?seconds=5', '-N', '--http1.1'),
      begin('direct.localhost', '/slow?seconds=5', '-N'),
    ];
    for (const { printed } of slow) await printed(/^1$/m);
    const size = ['-o', '/dev/null', '-w', '%{size_download}'];
    const large = begin('api.localhost', '/bytes/50000000', '-v', ...size, '--limit-rate', '10M', '--http1.1');
    await large.printed(/^< HTTP\/1\.1 200/m, 'stderr');
    gateway.signal('SIGTERM');
    await curls;
    expect([...codes]).toEqual([0]);
    for (const { ended, stdout } of slow) expect([await ended, stdout()]).toEqual([0, '1\n2\n3\n4\n5\ndone\n']);
    expect([await large.ended, large.stdout()]).toEqual([0, '50000000']);
    expect(await gateway.ended).toBe(0);
    const { output, started, succeeded, failed } = await load;
    // What h2load had begun was answered; it begins nothing behind a GOAWAY.
    expect(succeeded, output).toBeGreaterThan(0);
    expect([succeeded, failed], output).toEqual([started, 0]);
    expect(gateway.stdout()).toMatch(/^drained in [0-9]+ ms/m);
    expect(gateway.stdout()).not.toMatch(/[1-9][0-9]* cut/);
  });

  it('drains past a client that has connected and says nothing', async () => {
    const { gateway, port } = await start();
    const silent = connect(port, '127.0.0.1');
    await once(silent, 'connect');
    gateway.signal('SIGTERM');
    await once(silent.resume(), 'close');
    await gateway.printed(/^drained in .*first-bytes 0 finished, 1 closed, 0 cut/m);
    expect(await gateway.ended).toBe(0);
  });

  it('says in one line what is wrong with a setting', async () => {
    await expect(startApp('start:edge-gateway', { PORT: 'https' })).rejects.toThrow(
      'edge-gateway: PORT must be an integer from 0 to 65535, got "https"',
    );
  });
});

interface Started {
  readonly gateway: RunningApp;
  readonly folder: string;
  readonly port: number;
  /** Has curl ask a host of the gateway. */
  readonly ask: (host: string, path: string, ...options: readonly string[]) => ReturnType<typeof curl>;
  /** The same for what takes longer: looks at it while it is under way. */
  readonly begin: (host: string, path: string, ...options: readonly string[]) => RunningProcess;
}

async function start(env: Readonly<Record<string, string>> = {}): Promise<Started> {
  const folder = temporaryFolder();
  const gateway = await startApp('start:edge-gateway', { CERT_FOLDER: folder, ACCESS_LOG: 'off', ...env });
  const port = Number(new URL(gateway.url).port);
  const args = (host: string, path: string, ...options: readonly string[]): readonly string[] => [
    ...['--cacert', join(folder, 'ca.pem')],
    ...options,
    `https://${host}:${port}${path}`,
  ];
  return {
    gateway,
    folder,
    port,
    ask: (...asked) => curl(...args(...asked)),
    begin: (...asked) => startProcess('curl', ['-q', '-sS', ...args(...asked)], { env: NO_PROXIES }),
  };
}

/** Has openssl ask for a name. @returns What it is shown, if anything. */
async function certificateShown(port: number, name: string): Promise<X509Certificate | undefined> {
  const { stdout } = await run('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', name]);
  const pem = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/.exec(stdout)?.[0];
  return pem === undefined ? undefined : new X509Certificate(pem);
}

/** Writes another certificate for a host; for a moment the two files do not belong together. */
async function replaceCertificate(folder: string, host: string): Promise<void> {
  const authority = loadCertificateAuthority({
    cert: readFileSync(join(folder, 'ca.pem'), 'utf8'),
    key: readFileSync(join(folder, 'ca-key.pem'), 'utf8'),
  });
  const { cert, key } = await authority.issue({ names: [host] });
  writeFileSync(join(folder, `${host}.pem`), cert);
  await new Promise((resolve) => setTimeout(resolve, 100));
  writeFileSync(join(folder, `${host}.key`), key);
}

/** Runs in the page. */
const PROTOCOLS = `(() => {
  const entries = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
  return {
    protocols: [...new Set(entries.map(({ nextHopProtocol }) => nextHopProtocol))],
    tiles: [...document.images].filter(({ naturalWidth }) => naturalWidth > 0).length,
  };
})()`;
