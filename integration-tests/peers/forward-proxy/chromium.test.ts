import { staticResolver } from '@lamella/net-tcp';
import { describe, expect, it } from 'vitest';
import { selfSigned } from '../../support/certificate.ts';
import { chromiumPage } from '../../support/chromium.ts';
import { useLedger } from '../../support/ledger.ts';
import { nodeOrigin, nodeTlsOrigin } from '../../support/node-origin.ts';
import { usePeers } from '../../support/peers.ts';
import { serveForwardProxy } from '../../support/serve-proxies.ts';

usePeers('chromium', 'openssl');
useLedger();

describe('our forward proxy and Chromium', () => {
  it('shows a page of one site that takes parts from another, and one in a tunnel', async () => {
    const seen: string[] = [];
    const other = await nodeOrigin((request, response) => {
      seen.push(`${request.headers.host} ${request.headers.via}`);
      response.setHeader('Content-Type', 'text/javascript').end('document.title = "other was here";');
    });
    const origin = await nodeOrigin((request, response) => {
      seen.push(`${request.headers.host} ${request.headers.via}`);
      response.setHeader('Content-Type', 'text/html');
      response.end(`<title>alone</title><script src=http://other.test:${other.port}/x.js></script>`);
    });
    const { key, cert } = await selfSigned();
    const secret = await nodeTlsOrigin(
      { key, cert },
      (request, response) => void response.end(`via ${request.headers.via}`),
    );
    const resolver = staticResolver({
      'site.test': ['127.0.0.1'],
      'other.test': ['127.0.0.1'],
      'secret.test': ['127.0.0.1'],
    });
    const proxy = await serveForwardProxy({ pseudonym: 'test', resolver });
    const page = await chromiumPage({ proxy: { server: proxy.url } });

    await page.goto(`http://site.test:${origin.port}/`, { waitUntil: 'networkidle' });
    expect(await page.title()).toBe('other was here');
    expect(seen).toContain(`site.test:${origin.port} 1.1 test`);
    expect(seen).toContain(`other.test:${other.port} 1.1 test`);

    await page.goto(`https://secret.test:${secret.port}/`);
    expect(await page.locator('body').textContent()).toBe('via undefined'); // nobody looks into a tunnel
    expect(proxy.errors).toEqual([]);
  });
});
