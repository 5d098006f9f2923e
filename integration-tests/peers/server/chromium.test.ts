import type { HttpRequest } from '@lamella/http';
import { HttpResponse } from '@lamella/http';
import { describe, expect, it } from 'vitest';
import { chromiumPage } from '../../support/chromium.ts';
import { useLedger } from '../../support/ledger.ts';
import { usePeers } from '../../support/peers.ts';
import { serveHttp } from '../../support/serve-http.ts';

usePeers('chromium');
useLedger();

describe('our server and Chromium', () => {
  it('serves a page with all that belongs to it, over a few connections', async () => {
    const server = await serveHttp(site);
    const page = await chromiumPage();
    const failed: string[] = [];
    page.on('requestfailed', (request) => failed.push(request.url()));

    await page.goto(`${server.url}/`, { waitUntil: 'networkidle' });
    expect(await page.locator('#scripts').textContent()).toBe('20');
    expect(await page.evaluate('getComputedStyle(document.body).color')).toBe('rgb(1, 2, 3)');
    expect(await page.evaluate('document.images[0].naturalWidth')).toBe(1);
    expect(failed).toEqual([]);
    expect(server.errors).toEqual([]);
    expect(server.openConnections()).toBeLessThanOrEqual(6);
  });

  it('takes what scripts of a page send, and answers in a stream', async () => {
    const { url } = await serveHttp(site);
    const page = await chromiumPage();
    await page.goto(`${url}/`);
    const sent = 'x'.repeat(1_000_000);
    const received = await page.evaluate(async (body) => {
      const response = await fetch('/echo', { method: 'POST', body });
      return response.text();
    }, sent);
    expect(received === sent).toBe(true);
  });

  it('answers a form, and the redirect after it', async () => {
    const { url } = await serveHttp(site);
    const page = await chromiumPage();
    await page.goto(`${url}/`);
    await page.fill('input', 'ü&=');
    await page.click('button');
    await page.waitForURL(`${url}/thanks?name=%C3%BC%26%3D`);
    expect(await page.locator('body').textContent()).toBe('thanks');
  });
});

async function site(request: HttpRequest): Promise<HttpResponse> {
  const { path, body } = request;
  if (path === '/') return html(PAGE);
  if (path.startsWith('/script')) return typed('text/javascript', 'scripts.textContent = 1 + +scripts.textContent;');
  if (path === '/style.css') return typed('text/css', 'body { color: rgb(1, 2, 3) }');
  if (path === '/pixel.gif') return HttpResponse.from({ headers: [['Content-Type', 'image/gif']], body: PIXEL });
  if (path === '/echo') return HttpResponse.from({ body });
  if (path === '/form') {
    return HttpResponse.from({ status: 303, headers: [['Location', `/thanks?${await body.text()}`]] });
  }
  return path === '/thanks' ? html('<body>thanks') : HttpResponse.from({ status: 404 });
}

function html(body: string): HttpResponse {
  return typed('text/html; charset=utf-8', body);
}

function typed(type: string, body: string): HttpResponse {
  return HttpResponse.from({ headers: [['Content-Type', type]], body });
}

const PAGE = `<!doctype html><link rel=stylesheet href=/style.css><img src=/pixel.gif>
<form method=post action=/form><input name=name><button>Send</button></form><p id=scripts>0</p>
${Array.from({ length: 20 }, (_each, index) => `<script src=/script${index}></script>`).join('\n')}`;

const PIXEL = Buffer.from('R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs=', 'base64');
