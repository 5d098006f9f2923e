import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { HttpRequest } from '@lamella/http';
import { HttpResponse } from '@lamella/http';
import {
  bodyService,
  formBody,
  jsonBody,
  localTarget,
  multipartBody,
  problemLayer,
  redirectResponse,
  router,
} from '@lamella/web';
import { describe, expect, it } from 'vitest';
import { chromiumPage } from '../../support/chromium.ts';
import { useLedger } from '../../support/ledger.ts';
import { usePeers } from '../../support/peers.ts';
import { curl } from '../../support/run.ts';
import { serveHttp } from '../../support/serve-http.ts';
import { temporaryFile } from '../../support/temporary-folder.ts';

useLedger();

const upload = bodyService(multipartBody({ maxFileBytes: 3_000_000 }), async (parts) => {
  const seen: (readonly (string | undefined)[])[] = [];
  for await (const { name, fileName, contentType, body } of parts) {
    const hash = createHash('sha256');
    for await (const chunk of body) hash.update(chunk);
    seen.push([name, fileName, contentType, hash.digest('hex')]);
  }
  return HttpResponse.json(seen);
});

const app = problemLayer()(
  router()
    .get('/', () => HttpResponse.text(PAGE, { headers: { 'Content-Type': 'text/html; charset=utf-8' } }))
    .get('/items/:id', (_request, { id }) => HttpResponse.text(id))
    .post('/upload', upload)
    .post(
      '/json',
      bodyService(jsonBody({ maxBytes: 1_000 }), (value) => HttpResponse.json({ value })),
    )
    .post(
      '/form',
      bodyService(formBody(), (fields) => HttpResponse.json(fields)),
    )
    .get('/login', ({ query }: HttpRequest) =>
      redirectResponse(localTarget(new URLSearchParams(query).get('next')), { status: 303 }),
    ),
);

describe('curl', () => {
  usePeers('curl');

  it('-F sends fields and files', async () => {
    const large = Buffer.alloc(2_500_000, 'a line\r\n--with dashes\r\n');
    const file = temporaryFile('large.bin', large);
    const small = temporaryFile('ü "quoted".txt', 'small');
    const { url } = await serveHttp((request) => app.serve(request));
    const { stdout } = await curl(
      '-F',
      'note=grüße',
      '-F',
      `a=@${file}`,
      '-F',
      `b=@"${escaped(small)}";type=text/csv`,
      `${url}/upload`,
    );
    expect(JSON.parse(stdout)).toEqual([
      ['note', undefined, 'text/plain', sha256('grüße')].map((value) => value ?? null),
      ['a', basename(file), 'application/octet-stream', sha256(large)],
      ['b', 'ü _quoted_.txt', 'text/csv', sha256('small')],
    ]);
  });

  it('hears of a file that is too large, and is served again', async () => {
    const file = temporaryFile('too-large.bin', Buffer.alloc(3_000_001));
    const { url } = await serveHttp((request) => app.serve(request));
    const { stdout } = await curl('-w', '\n%{http_code} %{content_type}', '-F', `a=@${file}`, `${url}/upload`);
    expect(stdout).toContain('413 application/problem+json');
    expect(stdout).toContain('"limit":"maxFileBytes"');
    expect((await curl(`${url}/items/1`)).stdout).toBe('1');
  });

  it('--json and --data-urlencode are read, and what is wrong is said', async () => {
    const { url } = await serveHttp((request) => app.serve(request));
    expect((await curl('--json', '{"a":[1]}', `${url}/json`)).stdout).toBe('{"value":{"a":[1]}}');
    const said = async (...args: readonly string[]) =>
      (await curl('-w', ' %{http_code}', ...args, `${url}/json`)).stdout;
    expect(await said('--json', '{"a":')).toContain('the content is not JSON');
    expect(await said('--json', '{"__proto__":{}}')).toMatch(/ 400$/);
    expect(await said('-d', '{}')).toMatch(/ 415$/);
    expect(await said('--json', `"${'x'.repeat(1_000)}"`)).toMatch(/ 413$/);
    const form = await curl('--data-urlencode', 'a=ü &', '-d', 'b=1&b=2', `${url}/form`);
    expect(JSON.parse(form.stdout)).toEqual({ a: 'ü &', b: ['1', '2'] });
  });

  it('gets no path past the router, however it is spelled', async () => {
    const { url } = await serveHttp((request) => app.serve(request));
    const status = async (path: string, ...args: readonly string[]) =>
      (await curl('--path-as-is', '-o', '/dev/null', '-w', '%{http_code}', ...args, `${url}${path}`)).stdout;
    expect(await status('/%69tems/5')).toBe('200');
    for (const path of ['/items/../items/5', '/items/%2e%2e', '/items/%00', '/items/%c0%ae', '/items/%']) {
      expect([path, await status(path)]).toEqual([path, '400']);
    }
    for (const path of ['//items/5', '/items//5', '/items/5/'])
      expect([path, await status(path)]).toEqual([path, '404']);
    expect(await status('/items/5', '-X', 'DELETE')).toBe('405');
    expect((await curl('-I', `${url}/items/12345`)).stdout).toMatch(/content-length: 5\r\n/i);
    expect((await curl('-i', '-X', 'OPTIONS', `${url}/upload`)).stdout).toMatch(/allow: OPTIONS, POST\r\n/i);
  });
});

describe('Chromium', () => {
  usePeers('chromium');

  it('sends forms with files and without', async () => {
    const { url } = await serveHttp((request) => app.serve(request));
    const page = await chromiumPage();
    await page.goto(url);
    await page.fill('#upload [name=note]', 'zwei\nZeilen ü');
    await page.setInputFiles('#upload [name=file]', {
      name: 'bild "ü".png',
      mimeType: 'image/png',
      buffer: Buffer.from('\r\n--content'),
    });
    await page.click('#upload button');
    expect(JSON.parse((await page.textContent('body')) ?? '')).toEqual([
      ['note', null, 'text/plain', sha256('zwei\r\nZeilen ü')],
      ['file', 'bild _ü_.png', 'image/png', sha256('\r\n--content')],
    ]);
    await page.goto(url);
    await page.fill('#form [name=a]', 'ü &=+');
    await page.click('#form button');
    expect(JSON.parse((await page.textContent('body')) ?? '')).toEqual({ a: 'ü &=+' });
  });

  it('is not sent to another site by what it asks for', async () => {
    const { url } = await serveHttp((request) => app.serve(request));
    const page = await chromiumPage();
    for (const next of ['//127.0.0.2/', '/%5C127.0.0.2/', '/%09/127.0.0.2/', 'http://127.0.0.2/', '/.//127.0.0.2/']) {
      await page.goto(`${url}/login?next=${next}`);
      expect(page.url()).toBe(`${url}/`);
    }
    await page.goto(`${url}/login?next=/items/7`);
    expect(page.url()).toBe(`${url}/items/7`);
  });
});

/** As curl wants a name within quotes. */
function escaped(path: string): string {
  return path.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

const PAGE = `<!doctype html>
<form id="upload" action="/upload" method="post" enctype="multipart/form-data">
  <textarea name="note"></textarea><input type="file" name="file"><button>send</button>
</form>
<form id="form" action="/form" method="post"><input name="a"><button>send</button></form>`;
