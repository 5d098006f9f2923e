import { serviceFn, stack } from '@lamella/service-core';
import { layerCases } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { httpLayerSubject } from '../../../test/support/http-layer-subject.ts';
import { HttpBody } from '../../message/http-body.ts';
import { HttpHeaders } from '../../message/http-headers.ts';
import type { InformationalResponse } from '../../message/http-request.ts';
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

  it('takes trailers off both ways that Connection names, or that have no place behind the content', async () => {
    const trailers = (): HttpHeaders =>
      HttpHeaders.from({ 'x-private': '1', Host: 'evil', Authorization: 'x', 'Content-Length': '0', 'X-Sum': '9' });
    const body = (): HttpBody => HttpBody.from(['a'], { trailers });
    let seen: unknown;
    const app = serviceFn(async (request: HttpRequest) => {
      await request.body.text();
      seen = request.body.trailers?.toJSON();
      return HttpResponse.from({ headers: { Connection: 'X-Private' }, body: body() });
    });
    const request = HttpRequest.from({
      method: 'POST',
      target: 'http://app.test/',
      headers: { Connection: 'X-Private' },
      body: body(),
    });
    const response = await stack(hopByHopLayer(), app).serve(request);
    await response.body.text();
    const expected = [['X-Sum', '9']];
    expect([seen, response.body.trailers?.toJSON()]).toEqual([expected, expected]);
  });

  it('cleans interim responses', async () => {
    const told: unknown[] = [];
    const app = serviceFn((request: HttpRequest) => {
      request.onInformational?.({ status: 103, reason: 'Early Hints', headers: HttpHeaders.from(HEADERS) });
      return HttpResponse.from();
    });
    const onInformational = ({ headers }: InformationalResponse): void => void told.push(...headers);
    await stack(hopByHopLayer(), app).serve(HttpRequest.from({ target: 'http://app.test/', onInformational }));
    expect(told).toEqual([['A', 'b']]);
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
