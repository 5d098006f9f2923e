import { buffer } from 'node:stream/consumers';
import type { HttpRequestInit } from '@lamella/http';
import { HttpRequest, toCurl } from '@lamella/http';
import { describe, expect, it } from 'vitest';
import { nodeOrigin } from '../../support/node-origin.ts';
import { usePeers } from '../../support/peers.ts';
import { NO_PROXIES, run } from '../../support/run.ts';

usePeers('curl');

describe('the command of toCurl, run by sh', () => {
  const everyByte = Uint8Array.from({ length: 512 }, (_, index) => index % 256);

  it.each<[string, Omit<HttpRequestInit, 'target'>, string]>([
    ['nothing special', {}, '/'],
    ['another method', { method: 'PROPFIND' }, '/a/../b/./c'],
    ['HEAD', { method: 'HEAD' }, '/'],
    [
      'what a shell acts on',
      { headers: { 'X-A': '$(id) `id` "x" \'y\' \\ ! * ~ # ; & | < >' } },
      "/';id;'$(id)`id`?[1-3]{a,b}&x=%20",
    ],
    ['bytes beyond ASCII', { headers: { 'X-Latin': 'caf\xe9', 'X-Utf8': 'caf\xc3\xa9', 'X-C1': '\x80\x9f' } }, '/'],
    [
      'empty and repeated fields',
      {
        headers: [
          ['X-A', '1'],
          ['X-Empty', ''],
          ['x-a', '2'],
          ['Accept', 'x'],
        ],
      },
      '/',
    ],
    ['text', { method: 'POST', headers: { 'Content-Type': 'text/plain' }, body: "@it's\n$HOME\n\té€ -x\n" }, '/'],
    ['every byte', { method: 'PUT', body: everyByte }, '/'],
    ['a dash in front', { method: 'POST', body: Uint8Array.of(0x2d, 0x76, 0xff) }, '/'],
    ['more than an argument may hold', { method: 'POST', body: "%s\\n'x".repeat(30_000) }, '/'],
  ])('sends the same: %s', async (_name, init, path) => {
    const seen: unknown[] = [];
    const origin = await nodeOrigin(async (request, response) => {
      const { method, url, rawHeaders } = request;
      const fields = rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [[name, rawHeaders[index + 1]]] : []));
      const own = fields.filter(([name]) => !FRAMING.has(String(name).toLowerCase()));
      seen.push({ method, url, own, body: (await buffer(request)).toString('latin1') });
      response.end();
    });
    const request = HttpRequest.from({ ...init, target: `${origin.url}${path}` });
    const { code, stderr } = await run('sh', [], {
      input: await toCurl(request, { maxBodyBytes: 1_000_000 }), // a command so long is no argument
      env: NO_PROXIES,
    });
    expect([code, seen]).toEqual([
      0,
      [
        {
          method: request.method,
          url: path,
          own: request.headers.toJSON(),
          body: Buffer.from(await request.body.bytes()).toString('latin1'),
        },
      ],
    ]);
    expect(stderr).not.toMatch(/not found|error/i);
  });
});

/** Left to curl. */
const FRAMING: ReadonlySet<string> = new Set(['host', 'content-length', 'transfer-encoding']);
