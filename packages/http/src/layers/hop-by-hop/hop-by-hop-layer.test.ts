import { serviceFn, stack } from '@lamella/service-core';
import { layerCases } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { httpLayerSubject } from '../../../test/support/http-layer-subject.ts';
import { HttpRequest } from '../../message/http-request.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { httpClientOn } from '../../testing/http-client-on.ts';
import { hopByHopLayer } from './hop-by-hop-layer.ts';

const HEADERS = {
  Connection: 'upgrade, X-Private',
  Upgrade: 'chat',
  'X-Private': '1',
  'Keep-Alive': 'timeout=5',
  A: 'b',
};

describe('hopByHopLayer', () => {
  it.each(layerCases)('$name', ({ run }) => run(httpLayerSubject(hopByHopLayer())));

  it('takes what is for one hop off the request and the response, and leaves those that came in alone', async () => {
    const { seen, request, response, given } = await exchange(false);
    expect(seen).toEqual([['A', 'b']]);
    expect([...response.headers]).toEqual([['A', 'b']]);
    expect(request.headers.get('x-private')).toBe('1');
    expect(given.headers.get('x-private')).toBe('1');
  });

  it('lets a switch of protocols pass where that is allowed', async () => {
    const { seen, response } = await exchange(true);
    const expected = [
      ['Upgrade', 'chat'],
      ['A', 'b'],
      ['Connection', 'Upgrade'],
    ];
    expect(seen).toEqual(expected);
    expect([...response.headers]).toEqual(expected);
  });

  it('works on a connection', async () => {
    const app = serviceFn(({ headers }: HttpRequest) => HttpResponse.text(String(headers.has('x-private'))));
    const client = httpClientOn(stack(hopByHopLayer(), app));
    const headers = { Connection: 'X-Private', 'X-Private': '1' };
    const response = await client.serve(HttpRequest.from({ target: 'http://app.test/', headers }));
    expect(await response.body.text()).toBe('false');
    await client.close();
  });
});

async function exchange(allowUpgrade: boolean) {
  let seen: [string, string][] = [];
  const given = HttpResponse.from({ headers: HEADERS });
  const app = serviceFn(({ headers }: HttpRequest) => {
    seen = [...headers];
    return given;
  });
  const request = HttpRequest.from({ target: 'http://app.test/', headers: HEADERS });
  const response = await stack(hopByHopLayer({ allowUpgrade }), app).serve(request);
  return { seen, request, response, given };
}
