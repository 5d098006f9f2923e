import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLifecycle } from '@lamella/service-core';
import { TlsMaterialError } from '@lamella/tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { messageOf } from '../cli-error.ts';
import { loadReverse } from '../serve/reverse/load-reverse.ts';
import { noTelemetry } from '../serve/telemetry/server-telemetry.ts';
import { ConfigError } from './config-error.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lamella-config-'));
  // Whether they can be read is looked at, what stands in them is not.
  for (const name of ['shop.pem', 'shop.key', 'shop.der', 'other.pem', 'clients.pem']) {
    writeFileSync(join(folder, name), '');
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Reads a configuration and makes the proxy of it. @returns What is wrong, a line each. */
async function problemsOf(text: string): Promise<string> {
  const path = join(folder, 'proxy.yaml');
  writeFileSync(path, text);
  try {
    const parts = { lifecycle: createLifecycle(), onRelayEnd: () => {}, note: () => {}, telemetry: noTelemetry };
    await loadReverse(path).make(parts).close();
    return '';
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replaceAll(path, 'file');
    throw error;
  }
}

const WHOLE = `
listen: 127.0.0.1:8081
keepHost: false
trustForwarded: true
forwarded: both
connectTimeoutMs: 2000
groups:
  api:
    servers:
      - http://10.0.0.1:8080
      - url: http://10.0.0.2:8080
        weight: 2.5
    policy:
      hash:
        header: X-User
      maxLoadRatio: 1.25
    healthCheck:
      path: /healthz?full
      statuses: [200, 204]
      headers: { Host: check }
      intervalMs: 5000
      timeoutMs: 1000
      jitterRatio: 0.2
      rise: 1
      fall: 2
      initiallyHealthy: false
    ejection:
      consecutiveFailures: 3
      failureRatio: 0.5
      minCalls: 10
      windowMs: 1000
      baseEjectionMs: 1000
      maxEjectionMs: 60000
      maxEjectedRatio: 0.3
    failureStatuses: [500, 502]
    slowStartMs: 10000
    panicRatio: 0.1
    sticky: { name: lb, secret: s, path: /, maxAgeSeconds: 60, secure: true, sameSite: None }
    retries: { maxAttempts: 3, maxBodyBytes: 65536, methods: [GET], statuses: [502] }
    limit: { maxConcurrent: 100, maxQueued: 10, queueTimeoutMs: 500 }
    maxConcurrentPerServer: 50
  beta:
    resolve: { host: localhost, port: 8080, intervalMs: 1000, minIntervalMs: 500 }
    policy: round-robin
    ejection: false
    retries: false
routes:
  - host: '*.example.com'
    path: /api
    to: http://api/v1
    group: api
    canary: { group: beta, share: 0.1, header: X-Canary, keepsClients: true }
    timeoutMs: 5000
    requestHeaders: { set: { X-A: b }, setIfMissing: { X-C: d }, append: { X-E: f }, remove: [X-G] }
    responseHeaders: { remove: [Server] }
  - to: http://127.0.0.1:3000
errorPages:
  '502': { html: <h1>soon</h1>, json: '{}', text: soon }
  4xx: { text: no }
httpVersion: h1
tls:
  certificates:
    - { cert: shop.pem, key: shop.key, passphrase: secret, names: [shop.test], ocsp: shop.der }
    - cert: other.pem
  clientCa: [clients.pem]
  minVersion: TLSv1.2
  maxVersion: TLSv1.3
upstreamTls:
  dangerouslyAcceptAnyCertificate: false
  pins: [sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=]
`;

describe('the configuration of a reverse proxy', () => {
  it('takes every field', async () => {
    expect(await problemsOf(WHOLE)).toBe('');
  });

  it.each([
    ['listen: 127.0.0.1:8081', 'listen: here', /^file:2:1: listen: /],
    ['keepHost: false', 'keepHost: 1', /^file:3:1: keepHost: /],
    ['trustForwarded: true', 'trustForwarded: maybe', /^file:4:1: trustForwarded: /],
    ['forwarded: both', 'forwarded: all', /^file:5:1: forwarded: /],
    ['connectTimeoutMs: 2000', 'connectTimeoutMs: 0', /^file:6:1: connectTimeoutMs: /],
    ['- http://10.0.0.1:8080', '- ftp://10.0.0.1:8080', /^file:8:3: groups\.api: a server's url must be/],
    ['url: http://10.0.0.2:8080', 'url: http://10.0.0.2:8080/path', /^file:8:3: groups\.api: a server's url must be/],
    ['url: http://10.0.0.2:8080', 'url: http://10.0.0.1:8080', /^file:8:3: groups\.api: two endpoints/],
    ['weight: 2.5', 'weight: -1', /^file:12:9: groups\.api\.servers\[1\]\.weight: /],
    ['header: X-User', 'heder: X-User', /^file:15:9: groups\.api\.policy\.hash\.heder is no field here/m],
    ['maxLoadRatio: 1.25', 'maxLoadRatio: 0.5', /^file:16:7: groups\.api\.policy\.maxLoadRatio: /],
    ['path: /healthz?full', 'path: healthz', /^file:18:7: groups\.api\.healthCheck\.path: must be a path/],
    ['statuses: [200, 204]', 'statuses: [99]', /^file:19:\d+: groups\.api\.healthCheck\.statuses\[0\]: /],
    ['headers: { Host: check }', 'headers: [Host]', /^file:20:7: groups\.api\.healthCheck\.headers: /],
    ['intervalMs: 5000', 'intervalMs: soon', /^file:21:7: groups\.api\.healthCheck\.intervalMs: /],
    [
      'timeoutMs: 1000\n      jitter',
      'timeoutMs: 0\n      jitter',
      /^file:22:7: groups\.api\.healthCheck\.timeoutMs: /,
    ],
    ['jitterRatio: 0.2', 'jitterRatio: 2', /^file:23:7: /],
    ['rise: 1', 'rise: 0', /^file:24:7: /],
    ['fall: 2', 'fall: 1.5', /^file:25:7: /],
    ['initiallyHealthy: false', 'initiallyHealthy: no!', /^file:26:7: /],
    ['consecutiveFailures: 3', 'consecutiveFailures: 0', /^file:28:7: groups\.api\.ejection\.consecutiveFailures: /],
    ['failureRatio: 0.5', 'failureRatio: 0', /^file:29:7: /],
    ['minCalls: 10', 'minCalls: 0', /^file:30:7: /],
    ['windowMs: 1000', 'windowMs: 0', /^file:31:7: /],
    ['baseEjectionMs: 1000', 'baseEjectionMs: -1', /^file:32:7: /],
    ['maxEjectionMs: 60000', 'maxEjectionMs: x', /^file:33:7: /],
    ['maxEjectedRatio: 0.3', 'maxEjectedRatio: 3', /^file:34:7: /],
    ['failureStatuses: [500, 502]', 'failureStatuses: [200]', /^file:35:\d+: groups\.api\.failureStatuses\[0\]: /],
    ['slowStartMs: 10000', 'slowStartMs: -1', /^file:36:5: /],
    ['panicRatio: 0.1', 'panicRatio: 1.1', /^file:37:5: /],
    ['name: lb', 'name: "l b"', /^file:8:3: groups\.api: sticky\.name must be a token/],
    ['secret: s', 'secret: ""', /^file:38:\d+: groups\.api\.sticky\.secret: /],
    ['path: /, max', 'path: a, max', /^file:8:3: groups\.api: sticky\.path /],
    ['maxAgeSeconds: 60', 'maxAgeSeconds: 0', /^file:38:\d+: groups\.api\.sticky\.maxAgeSeconds: /],
    ['secure: true', 'secure: false', /^file:8:3: groups\.api: sticky\.sameSite None needs secure/],
    ['sameSite: None', 'sameSite: Never', /^file:38:\d+: groups\.api\.sticky\.sameSite: /],
    ['maxAttempts: 3', 'maxAttempts: 0', /^file:39:\d+: groups\.api\.retries\.maxAttempts: /],
    ['maxBodyBytes: 65536', 'maxBodyBytes: -1', /^file:39:\d+: groups\.api\.retries\.maxBodyBytes: /],
    ['methods: [GET]', 'methods: ["G T"]', /^file:8:3: groups\.api: methods must be/],
    ['statuses: [502] }', 'statuses: [302] }', /^file:39:\d+: groups\.api\.retries\.statuses\[0\]: /],
    ['maxConcurrent: 100', 'maxConcurrent: many', /^file:40:\d+: groups\.api\.limit\.maxConcurrent: /],
    ['maxQueued: 10', 'maxQueued: -1', /^file:40:\d+: groups\.api\.limit\.maxQueued: /],
    ['queueTimeoutMs: 500', 'queueTimeoutMs: 0', /^file:40:\d+: groups\.api\.limit\.queueTimeoutMs: /],
    ['maxConcurrentPerServer: 50', 'maxConcurrentPerServer: 0', /^file:41:5: /],
    ['resolve: { host: localhost,', 'resolve: { host: "no host",', /^file:43:5: groups\.beta\.resolve: /],
    ['port: 8080,', 'port: 65536,', /^file:43:\d+: groups\.beta\.resolve\.port: /],
    ['intervalMs: 1000,', 'intervalMs: 0,', /^file:43:\d+: groups\.beta\.resolve\.intervalMs: /],
    ['minIntervalMs: 500', 'minIntervalMs: -1', /^file:43:\d+: groups\.beta\.resolve\.minIntervalMs: /],
    ['policy: round-robin', 'policy: random', /^file:44:5: groups\.beta\.policy: /],
    [
      '  beta:',
      '  "be/ta": { servers: [http://a] }\n  beta:',
      /^file:42:3: groups\.be\/ta: the name of an upstream group/,
    ],
    ["host: '*.example.com'", "host: '*'", /^file:48:5: routes\[0\]: a route's host must be/],
    ['path: /api', 'path: api', /^file:48:5: routes\[0\]: a route's path must start/],
    ['to: http://api/v1', 'to: http://api/v1?x', /^file:48:5: routes\[0\]: a route's to must be/],
    ['group: api\n', 'group: apj\n', /^file:51:5: routes\[0\]\.group: there is no group apj; there are: api, beta/],
    ['group: beta', 'group: gamma', /^file:52:\d+: routes\[0\]\.canary\.group: there is no group gamma/],
    ['share: 0.1', 'share: 10', /^file:52:\d+: routes\[0\]\.canary\.share: /],
    ['header: X-Canary', 'header: "X Canary"', /^file:48:5: routes\[0\]: header must be/],
    ['keepsClients: true', 'keepsClients: 1', /^file:52:\d+: routes\[0\]\.canary\.keepsClients: /],
    ['timeoutMs: 5000', 'timeoutMs: -5', /^file:53:5: routes\[0\]\.timeoutMs: /],
    ['set: { X-A: b }', 'set: { Content-Length: "5" }', /^file:48:5: routes\[0\]: .*Content-Length/i],
    ['append: { X-E: f }', 'append: { "X E": f }', /^file:48:5: routes\[0\]: /],
    [
      'setIfMissing: { X-C: d }',
      'setIfMissing: { X-C: 1 }',
      /^file:54:\d+: routes\[0\]\.requestHeaders\.setIfMissing\.X-C: /,
    ],
    ['remove: [X-G]', 'remove: ["X G"]', /^file:48:5: routes\[0\]: /],
    ['responseHeaders: {', 'responseHeaders: { set: [X],', /^file:55:\d+: routes\[0\]\.responseHeaders\.set: /],
    ['remove: [Server]', 'remove: Server', /^file:55:\d+: routes\[0\]\.responseHeaders\.remove: /],
    ["'502'", "'200'", /^file:58:3: errorPages\.200: /],
    ['{ html: <h1>soon</h1>,', '{ html: [soon],', /^file:58:\d+: errorPages\.502\.html: /],
    ["json: '{}'", 'json: {}', /^file:58:\d+: errorPages\.502\.json: /],
    ['text: soon', 'text: 5', /^file:58:\d+: errorPages\.502\.text: /],
    ['4xx: { text: no }', '4xx: {}', /^file:59:3: errorPages\.4xx: must have html, json or text/],
    ['httpVersion: h1', 'httpVersion: h3', /^file:60:1: httpVersion: /],
    [
      '{ cert: shop.pem,',
      '{ certificate: shop.pem,',
      /^file:63:\d+: tls\.certificates\[0\]\.certificate is no field here/m,
    ],
    ['names: [shop.test]', 'names: []', /^file:63:\d+: tls\.certificates\[0\]\.names: /],
    ['key: shop.key', 'key: ""', /^file:63:\d+: tls\.certificates\[0\]\.key: /],
    ['passphrase: secret', 'passphrase: [secret]', /^file:63:\d+: tls\.certificates\[0\]\.passphrase: /],
    ['ocsp: shop.der', 'ocsp: 5', /^file:63:\d+: tls\.certificates\[0\]\.ocsp: /],
    ['- cert: other.pem', '- cert: ""', /^file:64:7: tls\.certificates\[1\]\.cert: /],
    ['clientCa: [clients.pem]', 'clientCa: clients.pem', /^file:65:3: tls\.clientCa: /],
    ['clientCa: [clients.pem]', 'authority: ca', /^file:65:3: tls\.authority: must not stand beside certificates/],
    ['minVersion: TLSv1.2', 'minVersion: TLSv1.1', /^file:66:3: tls\.minVersion: /],
    ['maxVersion: TLSv1.3', 'maxVersion: "1.3"', /^file:67:3: tls\.maxVersion: /],
    ['dangerouslyAcceptAnyCertificate: false', 'insecure: true', /^file:69:3: upstreamTls\.insecure is no field here/],
    ['dangerouslyAcceptAnyCertificate: false', 'key: a.key', /^file:69:3: upstreamTls\.key: must stand beside cert/],
    ['dangerouslyAcceptAnyCertificate: false', 'dangerouslyAcceptAnyCertificate: 0', /^file:69:3: upstreamTls\.danger/],
    ['dangerouslyAcceptAnyCertificate: false', 'passphrase: 5', /^file:69:3: upstreamTls\.passphrase: /],
    [
      'dangerouslyAcceptAnyCertificate: false',
      'ca: [gone.pem]',
      /^file:69:\d+: upstreamTls\.ca\[0\]: .*gone\.pem can't be read/,
    ],
    [
      'dangerouslyAcceptAnyCertificate: false',
      'cert: gone.pem',
      /^file:69:3: upstreamTls\.cert: .*gone\.pem can't be read/,
    ],
    ['sha256//AAAA', 'sha256//AAA', /^file:68:1: upstreamTls: a pin is 44 characters/],
  ])('instead of "%s" not "%s"', async (good, bad, expected) => {
    expect(WHOLE).toContain(good);
    expect(await problemsOf(WHOLE.replace(good, bad))).toMatch(expected);
  });

  it.each(fieldsOf(parse(WHOLE)))('a thing of another kind at %s is told there', async (path) => {
    const config: unknown = parse(WHOLE);
    const { parent, key, value } = lookUp(config, path);
    parent[key] = typeof value === 'object' && !Array.isArray(value) ? 5 : { nothing: 'known' };
    const lines = (await problemsOf(stringify(config))).split('\n');
    const where = lines.map((line) => /^file:\d+:\d+: ([^:\s]+)/.exec(line)?.[1] ?? '');
    // A choice of several forms may be told of as a whole, and a thing by what is in it.
    const isNear = (told: string): boolean => told !== '' && (path.startsWith(told) || told.startsWith(path));
    expect(where.filter(isNear)).not.toEqual([]);
  });

  it.each([
    ['groups: {}\n', 'routes: '],
    ['routes: []\n', 'routes: '],
    ['routes:\n  - path: /a\n', 'routes[0]: must have to, group, or both'],
    ['routes:\n  - to: http://a\n    canary: { group: b }\n', 'routes[0]: a canary needs a group beside it'],
    ['routes:\n  - to: http://a\n  - to: http://b\n', 'file:3:5: routes[1]: two routes are for any host /'],
    ['groups:\n  a: {}\nroutes:\n  - group: a\n', 'groups.a: must have either servers or resolve'],
    ['groups:\n  a: { servers: [http://a], ejection: { decayMs: 0 } }\nroutes:\n  - group: a\n', 'ejection.decayMs: '],
    ['groups:\n  a: { servers: [] }\nroutes:\n  - group: a\n', 'groups.a.servers: '],
  ])('%j is refused', async (text, message) => {
    expect(await problemsOf(text)).toContain(message);
  });

  it('tells all that is wrong at once, in the order of the file', async () => {
    const text = `
groups:
  api:
    servers: [http://10.0.0.1:8080]
    sticky: { name: "l b" }
  beta:
    resolve: { host: "no host" }
  "be/ta": { servers: [ftp://a] }
routes:
  - { path: /a, to: "http://a" }
  - { path: /b, group: gamma }
  - { path: /%61/, to: "http://b" }
  - { path: /c, group: api, canary: { group: delta } }
  - { path: /d, group: beta }
  - { path: e, to: "http://e" }
  - { path: /a, to: "http://f" }
tls:
  certificates:
    - { cert: gone.pem, key: shop.key, ocsp: gone.der }
    - { cert: other.pem }
  clientCa: [clients.pem, gone-ca.pem]
upstreamTls:
  ca: [gone-roots.pem, .]
  cert: gone-too.pem
  key: gone-too.key
  pins: [sha256//A]
`;
    const problems = (await problemsOf(text)).replaceAll(`${folder}/`, '').replaceAll(folder, '.').split('\n');
    expect(problems.map((problem) => problem.replace(/ directory$/, '').slice(0, 90))).toEqual([
      'file:3:3: groups.api: sticky.name must be a token, got "l b"',
      expect.stringMatching(/^file:7:5: groups\.beta\.resolve: /),
      expect.stringMatching(/^file:8:3: groups\.be\/ta: the name of an upstream group/),
      'file:11:17: routes[1].group: there is no group gamma; there are: api, beta, be/ta',
      'file:12:5: routes[2]: two routes are for any host /a/',
      'file:13:39: routes[3].canary.group: there is no group delta; there are: api, beta, be/ta',
      expect.stringMatching(/^file:15:5: routes\[5\]: a route's path must start/),
      'file:16:5: routes[6]: two routes are for any host /a/',
      "file:19:7: tls.certificates[0]: gone.pem can't be read: no such file or",
      "file:19:7: tls.certificates[0]: gone.der can't be read: no such file or",
      "file:21:27: tls.clientCa[1]: gone-ca.pem can't be read: no such file or",
      expect.stringMatching(/^file:22:1: upstreamTls: a pin is 44 characters/),
      "file:23:8: upstreamTls.ca[0]: gone-roots.pem can't be read: no such file or",
      "file:23:24: upstreamTls.ca[1]: . can't be read: it is a folder",
      "file:24:3: upstreamTls.cert: gone-too.pem can't be read: no such file or",
      "file:25:3: upstreamTls.key: gone-too.key can't be read: no such file or",
    ]);
  });

  it('takes servers with https and h2c, and lets ejections be forgotten', async () => {
    const servers = '[https://a.test, { url: h2c://b.test:81, weight: 2 }, http://c.test]';
    const group = `{ servers: ${servers}, ejection: { decayMs: 1000 } }`;
    const routes =
      'routes:\n  - { path: /, group: a }\n  - { path: /b, to: h2c://b.test }\n  - { path: /c, to: https://c.test/v1 }\n';
    expect(await problemsOf(`groups:\n  a: ${group}\n${routes}`)).toBe('');
  });

  it('finds files beside the configuration, and tells the line of one that can not be used', () => {
    const path = join(folder, 'tls.yaml');
    writeFileSync(path, WHOLE);
    const { tls, located } = loadReverse(path);
    expect(tls).toEqual({
      certificates: [
        {
          certPath: join(folder, 'shop.pem'),
          keyPath: join(folder, 'shop.key'),
          passphrase: 'secret',
          names: ['shop.test'],
          ocspPath: join(folder, 'shop.der'),
        },
        { certPath: join(folder, 'other.pem'), keyPath: join(folder, 'other.pem') },
      ],
      authority: undefined,
      clientCa: [join(folder, 'clients.pem')],
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.3',
    });
    const placeOf = (message: string): string => messageOf(located(new TlsMaterialError(message)));
    expect(placeOf(`${join(folder, 'other.pem')} can't be read`)).toBe(
      `${path}:64:7: tls.certificates[1]: ${join(folder, 'other.pem')} can't be read`,
    );
    expect(placeOf(`${join(folder, 'clients.pem')} can't be read`)).toMatch(/:65:\d+: tls\.clientCa\[0\]: /);
    expect(placeOf('no idea')).toBe(`${path}:61:1: tls: no idea`);
    const other = new Error('another one');
    expect(located(other)).toBe(other);
  });

  it('says which file can not be read', () => {
    expect(() => loadReverse(join(folder, 'missing.yaml'))).toThrow(/cannot read .*missing\.yaml/);
  });
});

/** Each place in a configuration, as it is told: `a.b[0].c`. */
function fieldsOf(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const place = Array.isArray(value) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
    return [place, ...fieldsOf(inner, place)];
  });
}

function lookUp(config: unknown, path: string) {
  const keys = path.split(/[.[\]]+/).filter((key) => key !== '');
  let [parent, value] = [config, config] as [Record<string, unknown>, unknown];
  for (const key of keys) [parent, value] = [value as Record<string, unknown>, (value as Record<string, unknown>)[key]];
  return { parent, key: keys.at(-1) ?? '', value };
}
