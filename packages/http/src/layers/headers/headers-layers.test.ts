import { serviceFn, stack, UsageError } from '@lamella/service-core';
import { layerCases } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { httpLayerSubject } from '../../../test/support/http-layer-subject.ts';
import { HttpBody } from '../../message/http-body.ts';
import { HttpRequest } from '../../message/http-request.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { httpClientOn } from '../../testing/http-client-on.ts';
import type { HeaderChangesOptions } from './header-changes.ts';
import { requestHeadersLayer } from './request-headers-layer.ts';
import { responseHeadersLayer } from './response-headers-layer.ts';

const LINES: [string, string][] = [
  ['B', '1'],
  ['a', '2'],
  ['b', '3'],
  ['C', '4'],
];

describe('requestHeadersLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(httpLayerSubject(requestHeadersLayer({ set: { A: 'b' } }))));

  it.each(changes())('%s', async (_, options, expected) => {
    expect(await sentWith(options)).toEqual(expected);
  });

  it('leaves the headers of the caller alone', async () => {
    const request = HttpRequest.from({ target: 'http://app.test/', headers: LINES });
    const service = stack(requestHeadersLayer({ remove: ['a'], set: { X: 'y' } }), serviceFn(textOf));
    await service.serve(request);
    expect([...request.headers]).toEqual(LINES);
  });

  it('adds no step: the promise is the one of the inner service', () => {
    const promise = Promise.resolve(HttpResponse.text(''));
    const service = requestHeadersLayer({ set: { A: 'b' } })({ serve: () => promise });
    expect(service.serve(HttpRequest.from({ target: 'http://app.test/' }))).toBe(promise);
  });

  it('arrives on the other side of a connection', async () => {
    const client = httpClientOn(
      stack(requestHeadersLayer({ set: { 'X-Seen': ({ path }) => path } }), serviceFn(textOf)),
    );
    const response = await client.serve(HttpRequest.from({ target: 'http://app.test/p' }));
    expect(await response.body.text()).toContain('X-Seen: /p');
    await client.close();
  });
});

describe('responseHeadersLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(httpLayerSubject(responseHeadersLayer({ set: { A: 'b' } }))));

  it.each(changes())('%s', async (_, options, expected) => {
    const inner = HttpResponse.from({ headers: LINES });
    const service = stack(
      responseHeadersLayer(options),
      serviceFn((_request: HttpRequest) => inner),
    );
    const response = await service.serve(HttpRequest.from({ target: 'http://app.test/' }));
    expect([...response.headers]).toEqual(expected);
    expect([...inner.headers]).toEqual(LINES); // whoever gives the same response again gives the same headers
  });

  it('shows functions the request and the response', async () => {
    const layer = responseHeadersLayer({
      set: { X: ({ request, response }) => `${request.method} ${response.status}` },
    });
    const response = await layer({ serve: async () => HttpResponse.from({ status: 404 }) }).serve(
      HttpRequest.from({ target: 'http://app.test/' }),
    );
    expect(response.headers.get('x')).toBe('GET 404');
  });

  it('gives up the body of a response that it can not change', async () => {
    let reason: unknown;
    const body = HttpBody.fromSource({
      read: async () => undefined,
      cancel(given) {
        reason = given;
      },
    });
    const layer = responseHeadersLayer({ set: { X: () => 'a\r\nSet-Cookie: b' } });
    const output = layer({ serve: async () => HttpResponse.from({ body }) }).serve(
      HttpRequest.from({ target: 'http://app.test/' }),
    );
    await expect(output).rejects.toThrow(UsageError);
    expect(reason).toBeInstanceOf(UsageError);
  });
});

describe('nothing can be injected', () => {
  const evil = ['a\r\nX: y', 'a\nX: y', 'a\rX', 'a\0b', 'a\u010ab', '\u560d\u560aX: y', '\x7f'];
  const setters = ['set', 'setIfMissing', 'append'] as const;

  it.each(setters.flatMap((setter) => evil.map((value) => [setter, value] as const)))(
    'by %s of %j',
    async (setter, value) => {
      for (const layer of [requestHeadersLayer, responseHeadersLayer]) {
        expect(() => layer({ [setter]: { X: value } })).toThrow(UsageError);
        expect(() => layer({ [setter]: { [value]: 'x' } })).toThrow(UsageError);
        await expectRefused(layer({ [setter]: { X: () => value } }), layer === requestHeadersLayer ? 0 : 1);
      }
    },
  );

  it.each(evil)('by map to %j', async (value) => {
    await expectRefused(requestHeadersLayer({ map: () => value }));
  });

  it('by a function that gives something else than text', async () => {
    await expectRefused(requestHeadersLayer({ set: { X: () => ['a', 'b'] as never } }));
    expect(() => requestHeadersLayer({ set: { X: 1 as never } })).toThrow(UsageError);
  });

  it.each([
    'Content-Length',
    'transfer-encoding',
    'CONNECTION',
    'Host',
    'Upgrade',
    'TE',
    'Trailer',
    'Keep-Alive',
    'Expect',
  ])('by changing %s, which belongs to the engine', async (name) => {
    for (const layer of [requestHeadersLayer, responseHeadersLayer]) {
      for (const setter of setters) expect(() => layer({ [setter]: { [name]: '1' } })).toThrow(UsageError);
      expect(() => layer({ remove: [name] })).toThrow(UsageError);
    }
    const seen: string[] = [];
    const layer = requestHeadersLayer({ map: (field, value) => void seen.push(field, value) });
    const request = HttpRequest.from({
      target: 'http://app.test/',
      headers: [
        [name, 'x'],
        ['Other', 'y'],
      ],
    });
    const response = await layer(serviceFn(textOf)).serve(request);
    expect(seen).toEqual(['other', 'y']);
    expect(await response.body.text()).toBe(`${name}: x`);
  });

  it.each([{ remove: 'x' }, { map: 'x' }, { remove: [1] }])('refuses %o when it is made', (options) => {
    expect(() => requestHeadersLayer(options as never)).toThrow(UsageError);
  });
});

function changes(): [string, HeaderChangesOptions<unknown>, [string, string][]][] {
  const [b, a, b2, c] = LINES as [[string, string], [string, string], [string, string], [string, string]];
  return [
    ['nothing', {}, LINES],
    ['remove takes all of a name, in any case', { remove: ['B', 'x'] }, [a, c]],
    ['set replaces where the first one stands', { set: { b: 'new', d: '5' } }, [['b', 'new'], a, c, ['d', '5']]],
    ['setIfMissing looks for one in any case', { setIfMissing: { A: 'x', d: '5' } }, [...LINES, ['d', '5']]],
    ['append adds behind', { append: { A: 'x', d: '5' } }, [...LINES, ['A', 'x'], ['d', '5']]],
    ['functions may leave a header as it is', { set: { a: () => undefined }, append: { d: () => undefined } }, LINES],
    [
      'map changes and removes',
      { map: (name, value) => (name === 'b' ? undefined : `${value}!`) },
      [
        ['a', '2!'],
        ['C', '4!'],
      ],
    ],
    ['map that changes nothing', { map: (_, value) => value }, [b, a, b2, c]],
    [
      'all, one after the other',
      { append: { A: 'end' }, setIfMissing: { B: 'again' }, set: { C: 'set' }, remove: ['b'], map: (name) => name },
      [
        ['a', 'a'],
        ['C', 'set'],
        ['B', 'again'],
        ['A', 'end'],
      ],
    ],
  ];
}

async function sentWith(options: HeaderChangesOptions<unknown>): Promise<[string, string][]> {
  let seen: [string, string][] = [];
  const app = serviceFn((request: HttpRequest) => {
    seen = [...request.headers];
    return HttpResponse.text('');
  });
  await stack(requestHeadersLayer(options), app).serve(
    HttpRequest.from({ target: 'http://app.test/', headers: LINES }),
  );
  return seen;
}

/** @param innerCalls - Requests that are refused never reach the inner service. */
async function expectRefused(layer: ReturnType<typeof requestHeadersLayer>, innerCalls = 0): Promise<void> {
  let calls = 0;
  const service = layer({
    serve: async () => {
      calls++;
      return HttpResponse.text('', { headers: { Other: 'y' } });
    },
  });
  const request = HttpRequest.from({ target: 'http://app.test/', headers: { Other: 'y' } });
  await expect(service.serve(request)).rejects.toThrow(UsageError);
  expect(calls).toBe(innerCalls);
}

function textOf(request: HttpRequest): HttpResponse {
  return HttpResponse.text(Array.from(request.headers, ([name, value]) => `${name}: ${value}`).join('\n'));
}
