import { describe, expect, it } from 'vitest';
import { ServerKeys } from './server-keys.ts';

type Ended = Parameters<ServerKeys['ended']>;

describe('ServerKeys', () => {
  const requests: readonly Ended[] = [
    [undefined, 200, undefined, 'GET', 'http', '1.1'],
    ['/a', 200, undefined, 'GET', 'http', '1.1'],
    ['undefined', 200, undefined, 'GET', 'http', '1.1'],
    ['/a', 201, undefined, 'GET', 'http', '1.1'],
    ['/a', undefined, undefined, 'GET', 'http', '1.1'],
    ['/a', undefined, 'undefined 2', 'GET', 'http', '1.1'],
    ['/a', 500, '500', 'GET', 'http', '1.1'],
    ['/a', 200, undefined, 'POST', 'http', '1.1'],
    ['/a', 200, undefined, 'GET', 'https', '1.1'],
    ['/a', 200, undefined, 'GET', 'http', '2'],
    ['/a 1.1', 200, undefined, 'GET', 'http', '2'],
  ];

  it('tell requests apart by all that counts, in whichever order they end', () => {
    const keys = new ServerKeys();
    const found = requests.map((request) => keys.ended(...request));
    expect(new Set(found).size).toBe(requests.length);
    expect(requests.map((request) => keys.ended(...request))).toEqual(found);
    expect(requests.toReversed().map((request) => keys.ended(...request))).toEqual(found.toReversed());
  });

  it('are right beyond as many routes as are remembered', () => {
    const keys = new ServerKeys();
    const keyOf = (route: number): string => keys.ended(`/${route}`, 200, undefined, 'GET', 'http', '1.1');
    const found = Array.from({ length: 1_500 }, (_, route) => keyOf(route));
    expect(new Set(found).size).toBe(1_500);
    expect(Array.from({ length: 1_500 }, (_, route) => keyOf(route))).toEqual(found);
  });

  it('tell what is going on apart', () => {
    const keys = new ServerKeys();
    const found = [
      keys.active('GET', 'http'),
      keys.active('GET', 'https'),
      keys.active('POST', 'https'),
      keys.active('GET', 'http'),
    ];
    expect(found).toEqual(['GET http', 'GET https', 'POST https', 'GET http']);
  });
});
