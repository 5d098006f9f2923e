import type { Layer } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import {
  conditionalLayer,
  followRedirectLayer,
  HttpRequest,
  HttpResponse,
  harRecordLayer,
  httpRetryLayer,
  limitResponseLayer,
  rangeLayer,
  readForwardedLayer,
  replayBodyLayer,
  writeForwardedLayer,
} from '../src/index.ts';
import { httpClientOn } from '../src/testing.ts';

type HttpLayer = Layer<HttpRequest, HttpResponse>;

const LAYERS: readonly (readonly [name: string, make: () => HttpLayer])[] = [
  ['conditional', () => conditionalLayer({ etag: 'strong' })],
  ['followRedirect', () => followRedirectLayer()],
  ['harRecord', () => harRecordLayer()],
  ['httpRetry', () => httpRetryLayer()],
  ['limitResponse', () => limitResponseLayer()],
  ['range', () => rangeLayer()],
  ['readForwarded', () => readForwardedLayer({ trusted: 1 })],
  ['replayBody', () => replayBodyLayer()],
  ['writeForwarded', () => writeForwardedLayer()],
];

const PAIRS = LAYERS.flatMap(([outerName, outer]) =>
  LAYERS.map(([innerName, inner]) => [`${outerName} outside of ${innerName}`, outer, inner] as const),
);

describe('layers around a client, in any order', () => {
  it.each(PAIRS)('%s', async (_name, outer, inner) => {
    const client = httpClientOn({
      async serve({ path, method, body }) {
        if (path === '/moved') return HttpResponse.from({ status: 302, headers: { Location: '/' }, body: ['moved'] });
        const text = await body.text();
        return HttpResponse.from({ body: path === '/stream' ? [method, ' ', text] : `${method} ${text}` });
      },
    });
    const service = outer()(inner()(client));
    const send = (path: string, method: string, body: string | string[] = '') =>
      service.serve(HttpRequest.from({ method, target: `http://a.test${path}`, body }));

    expect(await (await send('/', 'PUT', 'text')).body.text()).toBe('PUT text');
    expect(await (await send('/stream', 'PUT', ['str', 'eam'])).body.text()).toBe('PUT stream');
    const last = await send('/moved', 'GET');
    const isFollowed = last.status === 200;
    expect(await last.body.text()).toBe(isFollowed ? 'GET ' : 'moved');
    // Neither a body that is not read nor one that is read twice keeps anybody waiting.
    (await send('/stream', 'PUT', ['un', 'read'])).body.cancel();
    const twice = await send('/', 'GET');
    await twice.body.text();
    await expect(twice.body.text()).rejects.toMatchObject({ code: 'LML_ERR_USAGE' });
    await client.close();
    expect(client.gauges()).toEqual([]);
  });
});
