import { describe, expect, it } from 'vitest';
import type { HttpRequestInit } from '../../message/http-request.ts';
import { HttpRequest } from '../../message/http-request.ts';
import type { ToCurlOptions } from './to-curl.ts';
import { toCurl } from './to-curl.ts';

const DEFAULTS_OFF = '--header Accept: --header User-Agent:';

describe('toCurl', () => {
  it.each<[string, HttpRequestInit, string]>([
    ['a GET', { target: 'http://a.test/' }, `curl --globoff --path-as-is ${DEFAULTS_OFF} http://a.test/`],
    [
      'HEAD',
      { method: 'HEAD', target: 'http://a.test/' },
      `curl --globoff --path-as-is --head ${DEFAULTS_OFF} http://a.test/`,
    ],
    [
      'another method',
      { method: 'DELETE', target: 'http://a.test/' },
      `curl --globoff --path-as-is --request DELETE ${DEFAULTS_OFF} http://a.test/`,
    ],
    [
      'fields, an empty one, and those of curl',
      {
        target: 'http://a.test/',
        headers: { Accept: '*/*', 'User-Agent': 'me', 'X-Empty': '', Host: 'a.test', 'Content-Length': '0' },
      },
      "curl --globoff --path-as-is --header 'Accept: */*' --header 'User-Agent: me' --header 'X-Empty;' http://a.test/",
    ],
    [
      'a Host of its own',
      { target: 'http://127.0.0.1:80/', headers: { Host: 'a.test' } },
      `curl --globoff --path-as-is --header 'Host: a.test' ${DEFAULTS_OFF} http://127.0.0.1:80/`,
    ],
    [
      'a path with a Host',
      { target: '/x?[1-3]{a,b}', headers: { Host: 'a.test' } },
      `curl --globoff --path-as-is ${DEFAULTS_OFF} 'http://a.test/x?[1-3]{a,b}'`,
    ],
  ])('writes %s', async (_name, init, command) => {
    expect(await toCurl(HttpRequest.from(init))).toBe(command);
  });

  it('writes text, lets printf write other bytes, and leaves the body readable', async () => {
    const post = (body: HttpRequestInit['body']) =>
      HttpRequest.from({
        method: 'POST',
        target: 'http://a.test/',
        headers: { 'Content-Type': 'x' },
        body: body ?? '',
      });
    const text = post("@file it's");
    const rest = `${DEFAULTS_OFF} --header Expect:`;
    expect(await toCurl(text)).toBe(
      `curl --globoff --path-as-is --header 'Content-Type: x' ${rest} --data-raw '@file it'\\''s' http://a.test/`,
    );
    expect(await text.body.text()).toBe("@file it's");
    expect(await toCurl(post(Uint8Array.of(0, 0x25, 0xff)))).toBe(
      String.raw`printf '\000%%\377' | curl --globoff --path-as-is --header 'Content-Type: x' ${rest} --data-binary @- http://a.test/`,
    );
    expect(await toCurl(post('x'.repeat(100_001)), { maxBodyBytes: 200_000 })).toMatch(/^printf 'x{100001}' \| curl/);
  });

  it.each<[string, HttpRequestInit['body'], ToCurlOptions]>([
    ['a stream', ['x'], {}],
    ['a body of 11 bytes, 10 being the most', 'x'.repeat(11), { maxBodyBytes: 10 }],
  ])('takes %s from the standard input', async (_name, body = '', options) => {
    const request = HttpRequest.from({ method: 'PUT', target: 'http://a.test/', body });
    expect(await toCurl(request, options)).toMatch(/^curl .* --request PUT .* --data-binary @- http:\/\/a\.test\/$/);
    expect(request.body.isUsed).toBe(false);
  });

  it('switches the content type of curl off', async () => {
    const request = HttpRequest.from({ method: 'POST', target: 'http://a.test/', body: 'x' });
    expect(await toCurl(request)).toContain('--header Content-Type: ');
  });

  it('leaves secrets out, unless told otherwise', async () => {
    const request = HttpRequest.from({
      target: 'http://a.test/',
      headers: { Authorization: 'Basic x', Cookie: 'a=b' },
    });
    const command = await toCurl(request);
    expect(command).toContain("--header 'Authorization: [redacted]' --header 'Cookie: [redacted]'");
    expect(await toCurl(request, { includesSensitive: true })).toContain(
      "--header 'Authorization: Basic x' --header 'Cookie: a=b'",
    );
  });

  it('lets nothing of a request become a command or an option', async () => {
    const request = HttpRequest.from({
      method: "X'$(id)'".replaceAll(/[()]/g, ''),
      target: "http://a.test/';id;'$(id)`id`",
      headers: { 'X-A': "';id;' $(id) `id` \x80" },
    });
    expect(await toCurl(request)).toBe(
      [
        String.raw`curl --globoff --path-as-is --request 'X'\''$id'\'''`,
        String.raw`--header "$(printf 'X-A: \047;id;\047 $(id) ${'`'}id${'`'} \200')"`,
        DEFAULTS_OFF,
        String.raw`'http://a.test/'\'';id;'\''$(id)${'`'}id${'`'}'`,
      ].join(' '),
    );
  });

  it.each<[HttpRequestInit, string]>([
    [{ method: 'CONNECT', target: 'a.test:80' }, 'CONNECT'],
    [{ target: '/' }, 'does not say where it goes'],
    [{ method: 'HEAD', target: 'http://a.test/', body: 'x' }, 'no content with HEAD'],
    [{ method: 'OPTIONS', target: '*', headers: { Host: 'a.test' } }, 'request-target'],
  ])('refuses %o', async (init, message) => {
    await expect(toCurl(HttpRequest.from(init))).rejects.toThrow(message);
  });

  it.each([-1, Number.NaN])('refuses a maxBodyBytes of %d', async (maxBodyBytes) => {
    await expect(toCurl(HttpRequest.from({ target: 'http://a.test/' }), { maxBodyBytes })).rejects.toThrow(
      'maxBodyBytes',
    );
  });
});
