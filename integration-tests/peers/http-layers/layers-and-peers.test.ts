import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as http from '@lamella/http';
import * as httpCache from '@lamella/http-cache';
import * as httpCookies from '@lamella/http-cookies';
import * as web from '@lamella/web';
import { describe, expect, it } from 'vitest';

const COMPRESSION = 'http-layers/compression.test.ts';
const CREDENTIALS = 'http-layers/authentication.test.ts';
const BROWSERS = 'http-layers/browsers.test.ts';
const SERVERS = 'http-layers/servers.test.ts';
const FORWARDED = 'http-layers/forwarded.test.ts';
const CURL = 'http-client-layers/answers-to-curl.test.ts';
const RESENT = 'http-client-layers/redirects-and-retries.test.ts';
const BODIES = 'web/bodies.test.ts';
const SERVICES = 'http-layers/web-services.test.ts';

/** Which test shows a layer or a service beside a program of others. */
const TESTS: Readonly<Record<string, string>> = {
  accessLogLayer: SERVERS,
  addBasicAuthLayer: CREDENTIALS,
  addBearerAuthLayer: CREDENTIALS,
  addProxyAuthLayer: CREDENTIALS,
  basicAuthLayer: CREDENTIALS,
  bearerAuthLayer: CREDENTIALS,
  bodyLimitLayer: SERVERS,
  catchErrorLayer: SERVERS,
  compressionLayer: COMPRESSION,
  conditionalLayer: CURL,
  corsLayer: BROWSERS,
  csrfLayer: BROWSERS,
  decompressionLayer: COMPRESSION,
  followRedirectLayer: RESENT,
  harRecordLayer: CURL,
  harReplayService: CURL,
  hopByHopLayer: SERVERS,
  httpRetryLayer: RESENT,
  httpServerLayer: 'proxy-protocol/proxy-protocol.test.ts',
  httpTimeoutLayer: SERVERS,
  httpTraceLayer: SERVERS,
  limitResponseLayer: CURL,
  normalizePathLayer: SERVERS,
  proxyAuthLayer: CREDENTIALS,
  rangeLayer: CURL,
  readForwardedLayer: CURL,
  replayBodyLayer: RESENT,
  requestDecompressionLayer: COMPRESSION,
  requestHeadersLayer: SERVERS,
  requestIdLayer: SERVERS,
  responseHeadersLayer: SERVERS,
  sensitiveHeadersLayer: SERVERS,
  writeForwardedLayer: FORWARDED,

  httpCacheLayer: 'http-cache/http-cache.test.ts',
  cookieJarLayer: 'http-client-layers/cookies-and-curl.test.ts',

  bodyService: BODIES,
  bytesBody: SERVICES,
  formBody: BODIES,
  healthLayer: 'web/events.test.ts',
  healthService: SERVICES,
  hostRouter: SERVICES,
  jsonBody: BODIES,
  multipartBody: BODIES,
  problemLayer: BODIES,
  redirectService: SERVICES,
  router: BODIES,
  sseEvents: 'web/events.test.ts',
  sseResponse: 'web/events.test.ts',
  staticFilesService: 'web/static.test.ts',
  textBody: SERVICES,
};

/** What only a browser can tell. */
const IN_CHROMIUM: Readonly<Record<string, readonly [test: string, uses: string]>> = {
  'requests of other origins': [BROWSERS, 'corsLayer'],
  'pages of other sites': [BROWSERS, 'csrfLayer'],
  'caching of responses': ['http-cache/http-cache.test.ts', 'httpCacheLayer'],
  cookies: ['cookies/chromium-and-jar.test.ts', 'createCookieJar'],
  'server-sent events': ['web/events.test.ts', 'sseResponse'],
  WebSocket: ['ws/foreign-peers.test.ts', 'serveEcho'],
};

/** Functions that make a layer or a service; of web also what reads a body for one, and makes a response of events. */
const EXPORTS: Readonly<Record<string, readonly [exported: object, inQuestion: RegExp]>> = {
  '@lamella/http': [http, /(?:Layer|Service)$/],
  '@lamella/http-cache': [httpCache, /(?:Layer|Service)$/],
  '@lamella/http-cookies': [httpCookies, /(?:Layer|Service)$/],
  '@lamella/web': [web, /(?:Layer|Service|Body|[rR]outer)$|^sse/],
};

describe('every layer and service of HTTP has a test beside a program of others', () => {
  it.each(Object.entries(EXPORTS))('%s: each that is exported is in the table', (_name, [exported, inQuestion]) => {
    const names = Object.entries(exported).filter(
      ([name, value]) => typeof value === 'function' && inQuestion.test(name),
    );
    expect(names.map(([name]) => name).filter((name) => !(name in TESTS))).toEqual([]);
  });

  it('nothing is in the table that is not exported', () => {
    const names = new Set(Object.values(EXPORTS).flatMap(([exported]) => Object.keys(exported)));
    expect(Object.keys(TESTS).filter((name) => !names.has(name))).toEqual([]);
  });

  it.each(Object.entries(TESTS))('%s: by %s', (name, test) => {
    expectUse(test, name, /\busePeers\(|\bnodeOrigin\(/);
  });

  it.each(Object.entries(IN_CHROMIUM))('%s: by a browser', (_what, [test, name]) => {
    expectUse(test, name, /\bchromiumPage\(/);
  });
});

/** Expects that a test imports something, uses it, and has a peer. */
function expectUse(test: string, name: string, peer: RegExp): void {
  const code = readFileSync(join(import.meta.dirname, '..', test), 'utf8');
  expect(code).toMatch(new RegExp(`import [^;]*\\b${name}\\b[^;]*from '(?:@lamella|\\.)/`));
  expect(code).toMatch(new RegExp(`\\b${name}\\(`));
  expect(code).toMatch(peer);
  expect(code).toMatch(/\bit(?:\.each)?[<(]/);
}
