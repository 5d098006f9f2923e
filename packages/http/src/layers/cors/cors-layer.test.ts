import { serviceFn, stack, UsageError } from '@lamella/service-core';
import { layerCases } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { httpLayerSubject } from '../../../test/support/http-layer-subject.ts';
import { HttpRequest } from '../../message/http-request.ts';
import type { HttpResponseInit } from '../../message/http-response.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { httpClientOn } from '../../testing/http-client-on.ts';
import type { CorsLayerOptions } from './cors-layer.ts';
import { corsLayer } from './cors-layer.ts';

const SITE = 'https://app.test';
const PREFLIGHT_VARY =
  'Access-Control-Request-Method, Access-Control-Request-Headers, Access-Control-Request-Private-Network';

describe('corsLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(httpLayerSubject(corsLayer({ origins: [SITE] }))));

  it.each<[string, CorsLayerOptions, string[]]>([
    ['a listed origin', { origins: [SITE] }, ['Vary: Origin', `Access-Control-Allow-Origin: ${SITE}`]],
    ['any origin', { origins: '*' }, ['Access-Control-Allow-Origin: *']],
    [
      'what a function says',
      { origins: (origin) => origin.endsWith('.test') },
      ['Vary: Origin', `Access-Control-Allow-Origin: ${SITE}`],
    ],
    [
      'credentials',
      { origins: [SITE], allowCredentials: true },
      ['Vary: Origin', `Access-Control-Allow-Origin: ${SITE}`, 'Access-Control-Allow-Credentials: true'],
    ],
    [
      'exposed fields',
      { origins: '*', exposedHeaders: ['X-A', 'ETag'] },
      ['Access-Control-Allow-Origin: *', 'Access-Control-Expose-Headers: X-A, ETag'],
    ],
  ])('allows %s', async (_, options, expected) => {
    expect(await fieldsFor(options, { Origin: SITE })).toEqual(expected);
  });

  it('takes a promise for no yes', async () => {
    const origins = (async () => true) as never; // as from code without types
    expect(await fieldsFor({ origins, allowCredentials: true }, { Origin: SITE })).toEqual(['Vary: Origin']);
  });

  it.each([
    'https://app.test.evil.test',
    'https://evil-app.test',
    'https://evil.test/https://app.test',
    'https://sub.app.test',
    'http://app.test',
    'https://app.test:8443',
    'https://app.test:443',
    'https://app.test/',
    'https://APP.test',
    'https://app.test.',
    'https://app.test@evil.test',
    'https://app.testx',
    'https://apptest',
    'https://app.test, https://evil.test',
    'null',
    'NULL',
    '',
    'https://app.test\u00a0',
    '*',
  ])('does not take %j for https://app.test', async (origin) => {
    for (const allowCredentials of [false, true]) {
      expect(await fieldsFor({ origins: [SITE], allowCredentials }, { Origin: origin })).toEqual(['Vary: Origin']);
      const response = await preflight({ origins: [SITE], allowCredentials }, { Origin: origin });
      expect(fieldsOf(response)).toEqual([`Vary: Origin`, `Vary: ${PREFLIGHT_VARY}`]);
    }
  });

  it('does not take two Origin fields', async () => {
    const headers: [string, string][] = [
      ['Origin', SITE],
      ['Origin', SITE],
    ];
    expect(await fieldsFor({ origins: [SITE] }, headers)).toEqual(['Vary: Origin']);
    expect(await fieldsFor({ origins: '*' }, headers)).toEqual([]);
  });

  it('allows null only if it is listed', async () => {
    expect(await fieldsFor({ origins: [SITE, 'null'] }, { Origin: 'null' })).toContain(
      'Access-Control-Allow-Origin: null',
    );
    expect(await fieldsFor({ origins: [SITE] }, { Origin: 'null' })).toEqual(['Vary: Origin']);
  });

  it('says Vary to a request without Origin, and to one that is not allowed', async () => {
    expect(await fieldsFor({ origins: [SITE] }, {})).toEqual(['Vary: Origin']);
    expect(await fieldsFor({ origins: '*' }, {})).toEqual([]);
    const inner = { headers: { Vary: 'Accept-Encoding' } };
    expect(await fieldsFor({ origins: [SITE] }, {}, inner)).toEqual(['Vary: Accept-Encoding', 'Vary: Origin']);
  });

  it('replaces what the inner service says of origins', async () => {
    const inner = {
      headers: {
        'Access-Control-Allow-Origin': '*',
        'access-control-allow-credentials': 'true',
        'Access-Control-Expose-Headers': 'A',
      },
    };
    expect(await fieldsFor({ origins: [SITE] }, { Origin: 'https://evil.test' }, inner)).toEqual(['Vary: Origin']);
    expect(await fieldsFor({ origins: [SITE] }, { Origin: SITE }, inner)).toEqual([
      'Vary: Origin',
      `Access-Control-Allow-Origin: ${SITE}`,
    ]);
  });

  it('hands requests of every origin on: it hides responses, and stops nothing', async () => {
    let calls = 0;
    const inner = serviceFn(() => HttpResponse.text(String(++calls)));
    await corsLayer({ origins: [SITE] })(inner).serve(request({ Origin: 'https://evil.test' }));
    expect(calls).toBe(1);
  });

  describe('a preflight', () => {
    it('is answered by itself, with everything that is allowed', async () => {
      const options = {
        origins: [SITE],
        allowCredentials: true,
        requestHeaders: ['Content-Type', 'X-A'],
        maxAgeSeconds: 5,
      };
      const response = await preflight(options, { Origin: SITE });
      expect(response.status).toBe(204);
      expect(fieldsOf(response)).toEqual([
        'Vary: Origin',
        `Access-Control-Allow-Origin: ${SITE}`,
        'Access-Control-Allow-Credentials: true',
        `Vary: ${PREFLIGHT_VARY}`,
        'Access-Control-Allow-Methods: GET, HEAD, POST, PUT, PATCH, DELETE',
        'Access-Control-Allow-Headers: Content-Type, X-A',
        'Access-Control-Max-Age: 5',
      ]);
    });

    it.each([
      ['*', '*'],
      [[], 'GET, HEAD, POST'],
      [['GET', 'PROPFIND'], 'GET, HEAD, POST, PROPFIND'],
    ] as const)('with methods %j says %s', async (methods, expected) => {
      const response = await preflight({ origins: '*', methods }, { Origin: SITE });
      expect(response.headers.get('access-control-allow-methods')).toBe(expected);
    });

    it.each([
      ['x-a, X-B', 'x-a, X-B'],
      ['x-a,x-b', 'x-a, x-b'],
      ['x a', undefined],
      ['x-a, "b"', undefined],
      [undefined, undefined],
    ])('mirrors the fields that it asks for, as far as they are names: %j', async (asked, expected) => {
      const headers = { Origin: SITE, ...(asked === undefined ? {} : { 'Access-Control-Request-Headers': asked }) };
      const response = await preflight({ origins: '*', requestHeaders: 'mirror' }, headers);
      expect(response.headers.get('access-control-allow-headers')).toBe(expected);
    });

    it('is allowed into a private network only where that is asked for and allowed', async () => {
      const asked = { Origin: SITE, 'Access-Control-Request-Private-Network': 'true' };
      const says = async (options: Partial<CorsLayerOptions>, headers: Record<string, string>) =>
        (await preflight({ origins: [SITE], ...options }, headers)).headers.get('access-control-allow-private-network');
      expect(await says({ allowPrivateNetwork: true }, asked)).toBe('true');
      expect(await says({ allowPrivateNetwork: true }, { Origin: SITE })).toBe(undefined);
      expect(await says({}, asked)).toBe(undefined);
      expect(await says({ allowPrivateNetwork: true }, { ...asked, Origin: 'https://evil.test' })).toBe(undefined);
    });

    it.each<[string, string, Record<string, string>]>([
      ['OPTIONS without Origin', 'OPTIONS', { 'Access-Control-Request-Method': 'PUT' }],
      ['OPTIONS without the method', 'OPTIONS', { Origin: SITE }],
      ['another method', 'POST', { Origin: SITE, 'Access-Control-Request-Method': 'PUT' }],
    ])('is not %s', async (_, method, headers) => {
      const response = await corsLayer({ origins: '*' })(app).serve(request(headers).with({ method }));
      expect(await response.body.text()).toBe('inner');
    });
  });

  it('works on a connection', async () => {
    const client = httpClientOn(stack(corsLayer({ origins: [SITE] }), app));
    const headers = { Origin: SITE, 'Access-Control-Request-Method': 'PUT' };
    const response = await client.serve(HttpRequest.from({ method: 'OPTIONS', target: 'http://app.test/', headers }));
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([204, SITE]);
    await response.body.bytes();
    await client.close();
  });

  it('rejects with what the function of origins throws', async () => {
    const origins = () => {
      throw new Error('no database');
    };
    const service = corsLayer({ origins })(app);
    await expect(service.serve(request({ Origin: SITE }))).rejects.toThrow('no database');
    await expect(preflight({ origins }, { Origin: SITE })).rejects.toThrow('no database');
  });

  it.each<[Partial<CorsLayerOptions> | Record<string, unknown>]>([
    [{ origins: ['https://app.test/'] }],
    [{ origins: ['https://app.test:443'] }],
    [{ origins: ['https://APP.test'] }],
    [{ origins: ['app.test'] }],
    [{ origins: ['https://*.app.test'] }],
    [{ origins: ['*'] }],
    [{ origins: 'https://app.test' }],
    [{ origins: '*', allowCredentials: true }],
    [{ origins: [SITE], allowCredentials: true, requestHeaders: '*' }],
    [{ origins: [SITE], allowCredentials: true, methods: '*' }],
    [{ origins: [SITE], allowCredentials: true, exposedHeaders: '*' }],
    [{ methods: ['P UT'] }],
    [{ requestHeaders: ['a\r\nb'] }],
    [{ exposedHeaders: ['a b'] }],
    [{ maxAgeSeconds: -1 }],
    [{ maxAgeSeconds: 86_401 }],
  ])('refuses %o', (options) => {
    expect(() => corsLayer({ origins: '*', ...options } as CorsLayerOptions)).toThrow(UsageError);
  });
});

const app = serviceFn((_: HttpRequest) => HttpResponse.text('inner'));

function request(headers: Record<string, string> | [string, string][]): HttpRequest {
  return HttpRequest.from({ target: 'http://api.test/', headers });
}

function preflight(options: CorsLayerOptions, headers: Record<string, string>): Promise<HttpResponse> {
  const asked = request({ 'Access-Control-Request-Method': 'PUT', ...headers }).with({ method: 'OPTIONS' });
  return corsLayer(options)({ serve: () => Promise.reject(new Error('asked')) }).serve(asked);
}

async function fieldsFor(
  options: CorsLayerOptions,
  headers: Record<string, string> | [string, string][],
  init: HttpResponseInit = {},
): Promise<string[]> {
  return fieldsOf(await corsLayer(options)({ serve: async () => HttpResponse.from(init) }).serve(request(headers)));
}

function fieldsOf(response: HttpResponse): string[] {
  return Array.from(response.headers, ([name, value]) => `${name}: ${value}`);
}
