import { serviceFn, UsageError } from '@lamella/service-core';
import { layerCases } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { httpLayerSubject } from '../../../test/support/http-layer-subject.ts';
import { HttpRequest } from '../../message/http-request.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { httpClientOn } from '../../testing/http-client-on.ts';
import type { CsrfLayerOptions } from './csrf-layer.ts';
import { csrfLayer } from './csrf-layer.ts';

type Fields = Record<string, string> | [string, string][];
const TRUSTED = { trustedOrigins: ['https://trusted.test'] };

describe('csrfLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(httpLayerSubject(csrfLayer(), { method: 'POST' })));
  it.each(layerCases)('isolating reads: $name', ({ run }) => run(httpLayerSubject(csrfLayer({ isolateReads: true }))));

  it.each<[string, string, Fields, CsrfLayerOptions]>([
    ['a read of another site', 'GET', { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.test' }, {}],
    ['HEAD', 'HEAD', { 'Sec-Fetch-Site': 'cross-site' }, {}],
    ['OPTIONS', 'OPTIONS', { Origin: 'https://evil.test' }, {}],
    ['what is no browser', 'POST', {}, {}],
    ['the same origin', 'POST', { 'Sec-Fetch-Site': 'same-origin', Origin: 'null' }, {}],
    ['what a user typed', 'POST', { 'Sec-Fetch-Site': 'none' }, {}],
    ['the same site, where that is allowed', 'POST', { 'Sec-Fetch-Site': 'same-site' }, { allowSameSite: true }],
    ['a trusted origin', 'POST', { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://trusted.test' }, TRUSTED],
    ['a trusted origin that says nothing else', 'POST', { Origin: 'https://trusted.test' }, TRUSTED],
    ['an origin of the own host', 'POST', { Origin: 'http://app.test' }, {}],
    ['an origin of the own host behind TLS', 'DELETE', { Origin: 'https://app.test' }, {}],
    ['what is exempt', 'POST', { 'Sec-Fetch-Site': 'cross-site' }, { isExempt: ({ path }) => path === '/hook' }],
  ])('lets %s in', async (_, method, headers, options) => {
    expect(await statusFor(method, headers, options)).toBe(200);
  });

  it.each<[string, string, Fields, CsrfLayerOptions?]>([
    ['another site', 'POST', { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.test' }],
    ['another site without Origin', 'POST', { 'Sec-Fetch-Site': 'cross-site' }],
    ['the same site', 'POST', { 'Sec-Fetch-Site': 'same-site', Origin: 'http://x.app.test' }],
    ['another site though its Origin is ours', 'POST', { 'Sec-Fetch-Site': 'cross-site', Origin: 'http://app.test' }],
    ['a value in capitals', 'POST', { 'Sec-Fetch-Site': 'Same-Origin' }],
    ['an unknown value', 'POST', { 'Sec-Fetch-Site': 'friend' }],
    ['an empty value', 'POST', { 'Sec-Fetch-Site': '' }],
    [
      'a value twice',
      'POST',
      [
        ['Sec-Fetch-Site', 'same-origin'],
        ['Sec-Fetch-Site', 'cross-site'],
      ],
    ],
    [
      'a value twice, the same',
      'POST',
      [
        ['Sec-Fetch-Site', 'same-origin'],
        ['sec-fetch-site', 'same-origin'],
      ],
    ],
    ['another origin', 'PUT', { Origin: 'https://evil.test' }],
    ['null', 'POST', { Origin: 'null' }],
    ['an origin that begins like ours', 'POST', { Origin: 'http://app.test.evil.test' }],
    ['an origin that ends like ours', 'POST', { Origin: 'http://evilapp.test' }],
    ['another port', 'POST', { Origin: 'http://app.test:81' }],
    ['an origin with a user', 'POST', { Origin: 'http://app.test@evil.test' }],
    ['an origin with a path', 'POST', { Origin: 'http://app.test/' }],
    ['an origin of another scheme', 'POST', { Origin: 'ftp://app.test' }],
    ['an extension', 'POST', { Origin: 'chrome-extension://app.test' }],
    [
      'two origins',
      'POST',
      [
        ['Origin', 'http://app.test'],
        ['Origin', 'https://evil.test'],
      ],
    ],
    ['an empty origin', 'POST', { Origin: '' }],
    ['a method that nobody knows', 'FROB', { Origin: 'https://evil.test' }],
    ['get in small letters', 'get', { Origin: 'https://evil.test' }],
    ['a WebSocket', 'GET', { Origin: 'https://evil.test', Connection: 'Upgrade', Upgrade: 'websocket' }],
    ['a suffix of a trusted origin', 'POST', { Origin: 'https://trusted.test.evil.test' }, TRUSTED],
    ['a trusted origin over http', 'POST', { Origin: 'http://trusted.test' }, TRUSTED],
    ['what is not exempt', 'POST', { 'Sec-Fetch-Site': 'cross-site' }, { isExempt: () => false }],
  ])('refuses %s', async (_, method, headers, options) => {
    expect(await statusFor(method, headers, options)).toBe(403);
  });

  it.each<[string, Fields, number]>([
    ['a page in a window', { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' }, 200],
    ['a frame', { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'iframe' }, 403],
    ['an object', { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'object' }, 403],
    ['an image', { 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'image' }, 403],
    ['a script', { 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'script' }, 403],
    ['a fetch', { 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty' }, 403],
    ['nothing more', {}, 403],
  ])('isolating reads, answers another site that wants %s with its status', async (_, fields, status) => {
    const headers = { 'Sec-Fetch-Site': 'cross-site', ...fields };
    expect(await statusFor('GET', headers, { isolateReads: true })).toBe(status);
    expect(await statusFor('POST', headers, { isolateReads: true })).toBe(403);
    expect(await statusFor('GET', { ...headers, 'Sec-Fetch-Site': 'same-origin' }, { isolateReads: true })).toBe(200);
  });

  it('isolating reads, tells caches', async () => {
    const response = await csrfLayer({ isolateReads: true })(app).serve(
      HttpRequest.from({ target: 'http://app.test/' }),
    );
    expect(response.headers.get('vary')).toBe('Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest, Origin');
  });

  it('answers as it is told', async () => {
    const service = csrfLayer({ refuse: ({ path }) => HttpResponse.text(`not ${path}`, { status: 400 }) })(app);
    const headers = { Origin: 'https://evil.test' };
    const response = await service.serve(HttpRequest.from({ method: 'POST', target: 'http://app.test/a', headers }));
    expect([response.status, await response.body.text()]).toEqual([400, 'not /a']);
  });

  it('never lets in where a function throws', async () => {
    const isExempt = () => {
      throw new Error('no database');
    };
    await expect(statusFor('POST', { Origin: 'https://evil.test' }, { isExempt })).rejects.toThrow('no database');
  });

  it('knows the host of the Host field on a connection', async () => {
    const client = httpClientOn(csrfLayer()(app));
    for (const [origin, status] of [
      ['http://app.test:8080', 200],
      ['http://app.test', 403],
    ] as const) {
      const headers = { Origin: origin };
      const response = await client.serve(
        HttpRequest.from({ method: 'POST', target: 'http://app.test:8080/', headers }),
      );
      expect(response.status).toBe(status);
      await response.body.bytes();
    }
    await client.close();
  });

  it.each<[unknown]>([
    [{ trustedOrigins: ['trusted.test'] }],
    [{ trustedOrigins: ['null'] }],
    [{ isExempt: 1 }],
    [{ refuse: 1 }],
  ])('refuses the options %o', (options) => {
    expect(() => csrfLayer(options as never)).toThrow(UsageError);
  });
});

const app = serviceFn((_: HttpRequest) => HttpResponse.text(''));

async function statusFor(method: string, headers: Fields, options: CsrfLayerOptions = {}): Promise<number> {
  return (await csrfLayer(options)(app).serve(HttpRequest.from({ method, target: 'http://app.test/hook', headers })))
    .status;
}
