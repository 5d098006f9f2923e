import { join } from 'node:path';
import { followRedirectLayer, HttpRequest } from '@lamella/http';
import { cookieJarLayer, createCookieJar } from '@lamella/http-cookies';
import { stack } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import { useLedger } from '../../support/ledger.ts';
import { nodeOrigin } from '../../support/node-origin.ts';
import { usePeers } from '../../support/peers.ts';
import { curl } from '../../support/run.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { testClient } from '../../support/test-client.ts';

useLedger();
usePeers('curl');

describe('cookieJarLayer beside the jar of curl', () => {
  it('sends node:http the same cookies, hop by hop and from visit to visit', async () => {
    const seen: (string | undefined)[] = [];
    const origin = await nodeOrigin((request, response) => {
      const path = new URL(request.url ?? '', 'http://a.test').pathname;
      seen.push(`${path} ${sorted(request.headers.cookie)}`);
      response.writeHead(path === '/login' ? 302 : 200, ANSWERS[path] ?? {});
      response.end('x');
    });
    const visits = ['/', '/login', '/deep/er/page', '/deep', '/deeper', '/delete', '/', '/refused', '/'];

    const client = stack(followRedirectLayer(), cookieJarLayer({ jar: createCookieJar() }), testClient());
    for (const path of visits) {
      const response = await client.serve(HttpRequest.from({ target: `${origin.url}${path}` }));
      await response.body.text();
    }
    const ours = seen.splice(0);

    const jar = join(temporaryFolder(), 'cookies');
    for (const path of visits) await curl('-L', '-b', jar, '-c', jar, `${origin.url}${path}`);
    expect(ours).toEqual(seen);
    expect(ours).toHaveLength(visits.length + 1);
    expect(ours).toContain('/home a=1; b=only-here-and-below; session=2');
  });
});

const ANSWERS: Readonly<Record<string, Record<string, string | string[]>>> = {
  '/': { 'Set-Cookie': ['a=1; Path=/', 'b=only-here-and-below'] },
  '/login': { Location: '/home', 'Set-Cookie': 'session=2; Path=/; HttpOnly; SameSite=Lax' },
  '/deep/er/page': { 'Set-Cookie': ['d=default-path', 'e=5; Path=/deep; Max-Age=1000'] },
  '/delete': { 'Set-Cookie': deleted('session') },
  '/refused': {
    'Set-Cookie': ['f=6; Domain=other.test', 'g=7; Domain=com', '__Host-h=8; Path=/', 'i=9; Path=/; Domain=test'],
  },
};

/** By Expires, and one at a time: curl 7.88 keeps the old cookie where Max-Age is 0, and the first of two that end at once. */
function deleted(name: string): string {
  return `${name}=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT`;
}

/** The order of cookies of one path is nobody's business. */
function sorted(cookies: string | undefined): string {
  return (cookies ?? '').split('; ').toSorted().join('; ');
}
