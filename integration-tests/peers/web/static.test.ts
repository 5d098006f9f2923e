import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { staticFilesService } from '@lamella/web';
import { describe, expect, it } from 'vitest';
import { chromiumPage } from '../../support/chromium.ts';
import { startNginx } from '../../support/foreign-servers.ts';
import { usePeers } from '../../support/peers.ts';
import { curl } from '../../support/run.ts';
import { serveHttp } from '../../support/serve-http.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

describe('static files and curl', () => {
  usePeers('curl', 'nginx');

  it('ranges, resumed downloads and conditions come out as from nginx', async () => {
    const root = temporaryFolder();
    const content = Buffer.alloc(500_000).map((_byte, index) => index % 253);
    writeFileSync(join(root, 'data.bin'), content);
    const ours = await serveHttp(staticFilesService({ root }));
    const nginx = await startNginx(`root ${root};`);
    for (const args of [
      [],
      ['-r', '0-99'],
      ['-r', '-7'],
      ['-r', '499999-'],
      ['-r', '600000-'],
      ['-C', '250000'],
      ['-I'],
    ]) {
      const [one, other] = await Promise.all(
        [ours, nginx].map(({ url }) => curl(...args, '-w', '\n%{http_code}', `${url}/data.bin`)),
      );
      const status = (finished: typeof one): string => finished?.stdout.split('\n').at(-1) ?? '';
      expect([args, status(one)]).toEqual([args, status(other)]);
      if (status(one) !== '416' && args[0] !== '-I')
        expect(one?.bytes.equals(other?.bytes ?? Buffer.alloc(0))).toBe(true);
    }
    const file = join(root, 'etag.txt');
    const first = await curl('--etag-save', file, '-o', '/dev/null', '-w', '%{http_code}', `${ours.url}/data.bin`);
    const second = await curl('--etag-compare', file, '-o', '/dev/null', '-w', '%{http_code}', `${ours.url}/data.bin`);
    expect([first.stdout, second.stdout]).toEqual(['200', '304']);
  });

  it('what was compressed beforehand is what curl makes plain again', async () => {
    const root = temporaryFolder();
    const text = 'a line of text\n'.repeat(1_000);
    writeFileSync(join(root, 'a.txt'), text);
    writeFileSync(join(root, 'a.txt.gz'), gzipSync(text));
    writeFileSync(join(root, 'a.txt.br'), brotliCompressSync(text));
    const server = await serveHttp(staticFilesService({ root, precompressed: ['br', 'gzip'] }));
    for (const coding of ['gzip', 'br']) {
      const { stdout } = await curl(
        '--compressed',
        '-H',
        `Accept-Encoding: ${coding}`,
        '-w',
        '%{size_download}',
        `${server.url}/a.txt`,
      );
      expect(stdout.slice(0, text.length)).toBe(text);
      expect(Number(stdout.slice(text.length))).toBeLessThan(text.length / 10);
    }
  });

  it('paths that curl sends as they are lead nowhere', async () => {
    const root = temporaryFolder();
    writeFileSync(join(root, 'a.txt'), 'a');
    const server = await serveHttp(staticFilesService({ root }));
    for (const path of [
      '/../../../../etc/passwd',
      '/..%2f..%2fetc/passwd',
      '//etc/passwd',
      '/%2e%2e/%2e%2e/etc/passwd',
    ]) {
      const { stdout } = await curl('--path-as-is', '-w', '%{http_code}', `${server.url}${path}`);
      expect(stdout).toBe('not found\n404');
    }
  });
});

describe('static files and Chromium', () => {
  usePeers('chromium');

  it('a page loads with its assets, once, and is asked about afterwards', async () => {
    const root = temporaryFolder();
    writeFileSync(
      join(root, 'index.html'),
      '<!doctype html><link rel="stylesheet" href="site.css"><script type="module" src="site.js"></script><p id="x">plain</p>',
    );
    writeFileSync(join(root, 'site.css'), '#x { color: rgb(1, 2, 3) }');
    writeFileSync(join(root, 'site.js'), 'document.getElementById("x").textContent = "scripted";');
    const statuses: string[] = [];
    const site = staticFilesService({ root });
    const server = await serveHttp({
      serve: async (request) => {
        const response = await site.serve(request);
        statuses.push(`${request.path} ${response.status}`);
        return response;
      },
    });
    const page = await chromiumPage();
    await page.goto(server.url);
    expect(await page.textContent('#x')).toBe('scripted');
    expect(await page.evaluate('getComputedStyle(document.getElementById("x")).color')).toBe('rgb(1, 2, 3)');
    statuses.length = 0;
    await page.reload();
    expect(await page.textContent('#x')).toBe('scripted');
    expect(statuses).toContain('/ 304');
    expect(statuses.filter((line) => line.endsWith(' 200') && !line.includes('favicon'))).toEqual([]);
  });
});
