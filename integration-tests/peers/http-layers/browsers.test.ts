import type { CorsLayerOptions, HttpRequest } from '@lamella/http';
import { corsLayer, csrfLayer, HttpResponse } from '@lamella/http';
import { stack } from '@lamella/service-core';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { chromiumPage } from '../../support/chromium.ts';
import { useLedger } from '../../support/ledger.ts';
import { usePeers } from '../../support/peers.ts';
import { serveHttp } from '../../support/serve-http.ts';

usePeers('chromium');
useLedger();

describe('corsLayer and Chromium', () => {
  it('a page of an origin that is listed reads what it may, and no more', async () => {
    const { page, site } = await openSite();
    const url = await serveApi({
      origins: [site],
      allowCredentials: true,
      requestHeaders: ['X-Sent'],
      exposedHeaders: ['X-Shown'],
    });
    const withHeaders = { method: 'PUT', headers: { 'X-Sent': '1' }, credentials: 'include' } as const;
    expect(await fetchIn(page, url, withHeaders)).toEqual({ status: 200, text: 'PUT', shown: 'yes', hidden: null });
    expect(await fetchIn(page, url, { headers: { 'X-Other': '1' } })).toBe('blocked');
    expect(await fetchIn(page, url, { method: 'PROPFIND' })).toBe('blocked');
  });

  it('a page of another origin reads nothing', async () => {
    const { page, site } = await openSite();
    const url = await serveApi({ origins: [site.replace(/\d+$/, (port) => String(Number(port) - 1))] });
    expect(await fetchIn(page, url, {})).toBe('blocked');
    expect(await fetchIn(page, url, { method: 'PUT' })).toBe('blocked');
  });

  it('any page reads what is for all, but not with credentials', async () => {
    const { page } = await openSite();
    const url = await serveApi({ origins: '*', methods: '*', requestHeaders: '*', exposedHeaders: '*' });
    const init = { method: 'PROPFIND', headers: { 'X-Other': '1' } };
    expect(await fetchIn(page, url, init)).toEqual({ status: 200, text: 'PROPFIND', shown: 'yes', hidden: 'yes' });
    expect(await fetchIn(page, url, { credentials: 'include' })).toBe('blocked');
  });

  it('a sandboxed frame, whose origin is null, reads nothing that is for a list', async () => {
    const { page, site } = await openSite();
    for (const [origins, expected] of [
      [[site], 'blocked'],
      [[site, 'null'], 'read'],
    ] as const) {
      const url = await serveApi({ origins });
      const said = await page.evaluate(`new Promise((resolve) => {
        addEventListener('message', ({ data }) => resolve(data), { once: true });
        const frame = document.createElement('iframe');
        frame.setAttribute('sandbox', 'allow-scripts');
        frame.srcdoc = '<script>fetch("${url}").then(() => "read", () => "blocked").then((what) => parent.postMessage(what, "*"))</' + 'script>';
        document.body.append(frame);
      })`);
      expect(said).toBe(expected);
    }
  });
});

describe('csrfLayer and Chromium', () => {
  it('the own page may write, another site may not, even without reading the answer', async () => {
    const methods: string[] = [];
    const api = await serveHttp(
      stack(csrfLayer(), {
        serve: async ({ method }: HttpRequest) => {
          methods.push(method);
          return html();
        },
      }),
    );
    const own = await chromiumPage();
    await own.goto(api.url);
    await own.evaluate(() => fetch('/', { method: 'POST' }));
    await own.evaluate(() => fetch('/', { method: 'DELETE' }));
    expect(methods.filter((method) => method !== 'GET')).toEqual(['POST', 'DELETE']);

    // A name that is another site than 127.0.0.1, and the same server.
    const { page } = await openSite('localhost');
    await page.evaluate((target) => fetch(target, { method: 'POST', mode: 'no-cors' }).catch(() => {}), api.url);
    await page.setContent(`<form method="post" action="${api.url}/"><button>go</button></form>`);
    const [answer] = await Promise.all([page.waitForResponse(`${api.url}/`), page.click('button')]);
    expect(answer.status()).toBe(403);
    expect(methods.filter((method) => method !== 'GET')).toEqual(['POST', 'DELETE']);
  });

  it('isolating reads, another site opens pages and loads nothing', async () => {
    const api = await serveHttp(csrfLayer({ isolateReads: true })({ serve: async () => html() }));
    const { page } = await openSite('localhost');
    const statuses: [string, number][] = [];
    page.on('response', (response) => {
      if (response.url().startsWith(api.url)) statuses.push([response.request().resourceType(), response.status()]);
    });
    await page.evaluate(`new Promise((resolve) => {
      const image = new Image();
      image.onerror = resolve;
      image.src = '${api.url}/image';
    }).then(() => {})`);
    await page.evaluate(`void (location.href = '${api.url}/page')`);
    await page.waitForURL(`${api.url}/page`);
    expect(statuses).toEqual([
      ['image', 403],
      ['document', 200],
    ]);
  });
});

/** A page of an origin of its own. */
async function openSite(host = '127.0.0.1'): Promise<{ page: Page; site: string }> {
  const { port } = await serveHttp(html);
  const page = await chromiumPage();
  const site = `http://${host}:${port}`;
  await page.goto(`${site}/`);
  return { page, site };
}

async function serveApi(options: CorsLayerOptions): Promise<string> {
  const headers = { 'X-Shown': 'yes', 'X-Hidden': 'yes' };
  const { url } = await serveHttp(
    corsLayer(options)({ serve: async ({ method }) => HttpResponse.text(method, { headers }) }),
  );
  return `${url}/`;
}

function fetchIn(page: Page, url: string, init: object): Promise<unknown> {
  return page.evaluate(`fetch('${url}', ${JSON.stringify(init)}).then(
    async (response) => ({
      status: response.status,
      text: await response.text(),
      shown: response.headers.get('x-shown'),
      hidden: response.headers.get('x-hidden'),
    }),
    () => 'blocked',
  )`);
}

function html(): HttpResponse {
  return HttpResponse.text('<!doctype html><title>t</title>', { headers: { 'Content-Type': 'text/html' } });
}
