import { connect } from 'node:net';
import { createServer } from 'node:tls';
import type { HttpRequest } from '@lamella/http';
import { HttpResponse } from '@lamella/http';
import { createCookieJar } from '@lamella/http-cookies';
import type { ResolveRequest } from '@lamella/net-core';
import { parseIp } from '@lamella/net-core';
import { serviceFn } from '@lamella/service-core';
import type { Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { selfSigned } from '../../support/certificate.ts';
import { chromiumPage } from '../../support/chromium.ts';
import { listening } from '../../support/free-port.ts';
import { useLedger } from '../../support/ledger.ts';
import { usePeers } from '../../support/peers.ts';
import { serveHttp } from '../../support/serve-http.ts';
import { serveForwardProxy } from '../../support/serve-proxies.ts';
import type { CookieCase } from './cookie-cases.ts';
import { COOKIE_CASES } from './cookie-cases.ts';

useLedger();

describe('a jar of ours', () => {
  describe.each(Object.entries(COOKIE_CASES))('%s', (_group, cases) => {
    it.each(cases)('$name', ({ set, to, by, sent, jar: differing }) => {
      const jar = createCookieJar();
      for (const [from, setCookie] of set) jar.accept(setCookie, from);
      expect(jar.cookiesFor(to, CONTEXTS[by ?? 'address'])).toBe(differing === undefined ? sent : differing.sent);
    });
  });
});

describe('Chromium', { timeout: 300_000 }, () => {
  usePeers('chromium', 'openssl');

  it('sends what the table says', async () => {
    const browser = await cookieBrowser();
    const expected: Record<string, string | undefined> = {};
    const found: Record<string, string | undefined> = {};
    for (const [group, cases] of Object.entries(COOKIE_CASES)) {
      for (const entry of cases) {
        expected[`${group}: ${entry.name}`] = entry.sent;
        found[`${group}: ${entry.name}`] = await browser.run(entry);
      }
    }
    expect(found).toEqual(expected);
  });
});

const CONTEXTS = { address: 'strict', link: 'lax', form: 'none', image: 'none' } as const;

interface CookieBrowser {
  /** @returns The Cookie field of the last request. */
  readonly run: (entry: CookieCase) => Promise<string | undefined>;
}

/** A Chromium to which every name is a server of ours, in clear and by TLS. */
async function cookieBrowser(): Promise<CookieBrowser> {
  let setCookie = '';
  let onSeen: (cookies: string | undefined) => void = () => {};
  const server = await serveHttp(({ target, headers }: HttpRequest) => {
    if (target.endsWith('?seen')) onSeen(headers.getAll('cookie').join(' and '));
    const html = { 'Content-Type': 'text/html', 'Cache-Control': 'no-store' };
    const fields = target.endsWith('?set') ? { ...html, 'Set-Cookie': setCookie } : html;
    return HttpResponse.text('<!doctype html><title>t</title>', { headers: fields });
  });
  const tlsPort = await tlsInFrontOf(server.port);
  const proxy = await serveForwardProxy({ resolver: HERE });
  const page = await chromiumPage({ proxy: { server: proxy.url } });
  const at = (url: string, query: string): string => {
    const { protocol, hostname, pathname } = new URL(url);
    return `${protocol}//${hostname}:${protocol === 'https:' ? tlsPort : server.port}${pathname}?${query}`;
  };
  return {
    async run({ set, to, by }) {
      await page.context().clearCookies();
      for (const [from, field] of set) {
        setCookie = field;
        await page.goto(at(from, 'set'));
      }
      const seen = new Promise<string | undefined>((resolve) => {
        onSeen = resolve;
      });
      if (by !== undefined) await page.goto(at('https://another.test/', 'here'));
      await ask(page, at(to, 'seen'), by);
      return (await seen) || undefined;
    },
  };
}

async function ask(page: Page, url: string, by: CookieCase['by']): Promise<unknown> {
  if (by === undefined) return page.goto(url);
  const target = JSON.stringify(url);
  const scripts = {
    link: `location.href = ${target}`,
    form: `Object.assign(document.body.appendChild(document.createElement('form')), { method: 'post', action: ${target} }).submit()`,
    image: `void (new Image().src = ${target})`,
  };
  const done = by === 'image' ? undefined : page.waitForURL(url);
  await page.evaluate(scripts[by]);
  return done;
}

/** Every name is a server of this machine. */
const HERE = serviceFn(async ({ family }: ResolveRequest) => (family === 4 ? [parseIp('127.0.0.1')] : []));

/** Takes TLS off, and gives the bytes to a server of this machine. */
async function tlsInFrontOf(port: number): Promise<number> {
  const { key, cert } = await selfSigned();
  const server = createServer({ key, cert }, (socket) => {
    const inner = connect(port, '127.0.0.1');
    for (const [one, other] of [
      [socket, inner],
      [inner, socket],
    ] as const) {
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
      one.pipe(other);
    }
  });
  const tlsPort = await listening(server);
  onTestFinished(() => void server.close());
  return tlsPort;
}
