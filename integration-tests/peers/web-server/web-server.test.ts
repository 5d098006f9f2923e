import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { chromiumPage } from '../../support/chromium.ts';
import { usePeers } from '../../support/peers.ts';
import { curl, NO_PROXIES, run } from '../../support/run.ts';
import { startApp, startAppAsUser } from '../../support/start-app.ts';
import { startProcess } from '../../support/start-process.ts';

usePeers('curl', 'chromium');

describe('the web server', () => {
  it('starts by the command of the README, and prints commands that work', async () => {
    const server = await startAppAsUser('start:web-server');
    const outputs = [];
    for (const command of server.stdout().match(/^ {2}curl .*$/gm) ?? []) {
      outputs.push((await run('sh', ['-c', command], { env: NO_PROXIES })).stdout);
    }
    expect(outputs).toEqual([
      expect.stringMatching(/^HTTP\/1.1 200 OK\r\n[\s\S]*Content-Encoding: br\r\n/),
      expect.stringMatching(/^HTTP\/1.1 201 Created\r\nLocation: \/api\/notes\/1\r\n[\s\S]*{"id":1,"text":"hello"}$/),
      expect.stringMatching(/^HTTP\/1.1 200 OK\r\n[\s\S]*\[{"id":1,"text":"hello"}\]$/),
      expect.stringMatching(/^event: tick\ndata: [0-9-]+T[0-9:.]+Z\n\nevent: tick\n/),
      expect.stringMatching(/^{"status":"ok","phase":"running"/),
    ]);
    server.signal('SIGINT');
    await server.printed(/^drained in [0-9]+ ms/m);
    await server.ended;
  });

  it('shows a page with its assets, events and an API in a browser', async () => {
    const { url } = await startApp('start:web-server');
    const page = await chromiumPage();
    const failures: string[] = [];
    page.on('pageerror', (error) => failures.push(error.message));
    page.on('console', (message) => message.type() === 'error' && failures.push(message.text()));
    await page.goto(url);
    await expect.poll(() => page.textContent('#clock')).toMatch(/^[0-9-]+T[0-9:.]+Z$/);
    const first = await page.textContent('#clock');
    await expect.poll(() => page.textContent('#clock')).not.toBe(first);
    expect(await page.evaluate("getComputedStyle(document.querySelector('h1')).color")).toBe('rgb(11, 110, 79)');
    expect(await page.evaluate("document.querySelector('img').naturalWidth")).toBeGreaterThan(0);
    await page.fill('input', 'a <b>note</b>');
    await page.click('button');
    await expect.poll(() => page.locator('#notes li').allTextContents()).toEqual(['a <b>note</b>']);
    expect(await page.textContent('#message')).toBe('Note 1 was added.');
    expect(failures).toEqual([]);
  });

  it('lets two pages chat over WebSockets, and no page of another site', async () => {
    const server = await startApp('start:web-server');
    const pages = [await chromiumPage(), await chromiumPage()];
    for (const page of pages) {
      await page.goto(server.url);
      await page.evaluate(`new Promise((resolve, reject) => {
        window.heard = [];
        window.chat = new WebSocket(new URL('/api/chat', location.href.replace('http', 'ws')));
        chat.onmessage = ({ data }) => heard.push(data);
        chat.onclose = ({ code }) => heard.push(code);
        chat.onopen = resolve;
        chat.onerror = reject;
      })`);
    }
    await pages[0]?.evaluate("chat.send('hello')");
    for (const page of pages) await expect.poll(() => page.evaluate('heard')).toEqual(['hello']);
    const handshake = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
    const headers = [...handshake, `Sec-WebSocket-Key: ${btoa('0123456789abcdef')}`, 'Origin: http://evil.test'];
    const other = await curl('-i', ...headers.flatMap((header) => ['-H', header]), `${server.url}/api/chat`);
    expect(other.stdout).toMatch(/^HTTP\/1.1 403 /);
    server.signal('SIGTERM');
    for (const page of pages) await expect.poll(() => page.evaluate('heard')).toEqual(['hello', 1001]);
    expect(await server.ended).toBe(0);
  });

  it('sends nothing again that the client has, and parts that are asked for', async () => {
    const { url } = await startApp('start:web-server');
    const css = readFileSync(new URL('../../../apps/web-server/public/site.css', import.meta.url));
    const etag = /^ETag: (.*)\r$/m.exec((await curl('-I', `${url}/site.css`)).stdout)?.[1] ?? '';
    const status = ['-o', '/dev/null', '-w', '%{http_code} %{size_download}'];
    expect((await curl(...status, '-H', `If-None-Match: ${etag}`, `${url}/site.css`)).stdout).toBe('304 0');
    expect((await curl('-r', '5-9', `${url}/site.css`)).bytes).toEqual(css.subarray(5, 10));
    const zipped = await curl('--compressed', '-H', 'Accept-Encoding: gzip', `${url}/site.css`);
    expect(zipped.bytes).toEqual(css);
    const api = /^ETag: (.*)\r$/m.exec((await curl('-i', `${url}/api/notes`)).stdout)?.[1] ?? '';
    expect((await curl(...status, '-H', `If-None-Match: ${api}`, `${url}/api/notes`)).stdout).toBe('304 0');
  });

  it('refuses what is no note, too much, what other sites send, and ways out of its folder', async () => {
    const { url } = await startApp('start:web-server');
    const status = async (...args: readonly string[]): Promise<string> =>
      (await curl('-o', '/dev/null', '-w', '%{http_code} %{content_type}', ...args)).stdout;
    const json = ['-H', 'Content-Type: application/json'];
    const problem = 'application/problem+json';
    expect(await status(...json, '-d', '{', `${url}/api/notes`)).toBe(`400 ${problem}`);
    expect(await status('-d', '{}', `${url}/api/notes`)).toBe(`415 ${problem}`);
    expect(await status(...json, '-d', '{}', `${url}/api/notes`)).toBe(`422 ${problem}`);
    expect(await status(...json, '-d', 'x'.repeat(10_001), `${url}/api/notes`)).toMatch(/^413 /);
    expect(await status(...json, '-H', 'Origin: http://evil.test', '-d', '{"text":"a"}', `${url}/api/notes`)).toMatch(
      /^403 /,
    );
    expect(await status('-X', 'DELETE', `${url}/api/notes`)).toBe(`405 ${problem}`);
    expect(await status('--path-as-is', `${url}/../package.json`)).toMatch(/^40[04] /);
    expect(await status('--path-as-is', `${url}/%2e%2e/package.json`)).toMatch(/^40[04] /);
    expect(await status(`${url}/nothing`)).toMatch(/^404 /);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'lets a running request finish on %s, not ready from then on',
    async (signal) => {
      const server = await startApp('start:web-server', { PRE_DRAIN_MS: '2500' });
      const status = ['-o', '/dev/null', '-w', '%{http_code}', `${server.url}/readyz`];
      expect((await curl(...status)).stdout).toBe('200');
      const events = startProcess('curl', ['-q', '-sSN', `${server.url}/api/clock`], { env: NO_PROXIES });
      await events.printed(/^data:/m);
      const slow = startProcess('curl', ['-q', '-sSN', `${server.url}/api/slow`], { env: NO_PROXIES });
      await slow.printed(/^one$/m);
      server.signal(signal);
      await server.printed(/^draining/m);
      expect((await curl(...status)).stdout).toBe('503'); // before connections are refused
      expect([await slow.ended, slow.stdout()]).toEqual([0, 'one\ntwo\nthree\ndone\n']);
      expect(await events.ended).toBe(0); // the stream ends in good order
      expect(await server.ended).toBe(0);
      expect(server.stdout()).toMatch(/^drained in [0-9]+ ms; [1-9][0-9]* finished, [0-9]+ closed, 0 cut$/m);
      expect(server.stderr()).toBe('');
    },
  );
});
