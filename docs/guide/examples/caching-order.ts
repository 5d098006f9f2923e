import { HttpRequest, HttpResponse } from '@lamella/http';
import { httpCacheLayer } from '@lamella/http-cache';
import { hijackLayer } from '@lamella/layers';
import { matcherFn, serviceFn, stack } from '@lamella/service-core';

const origin = serviceFn(async (_request: HttpRequest) =>
  HttpResponse.text('for members', { headers: { 'Cache-Control': 'max-age=60' } }),
);

/** Turns away whoever has no key. */
const membersOnly = hijackLayer(
  matcherFn((request: HttpRequest) => !request.headers.has('x-key')),
  serviceFn(async (_request: HttpRequest) => HttpResponse.from({ status: 403 })),
);

const checkedFirst = stack(membersOnly, httpCacheLayer(), origin);
const cachedFirst = stack(httpCacheLayer(), membersOnly, origin);

for (const [name, service] of Object.entries({ checkedFirst, cachedFirst })) {
  const ask = async (headers: Record<string, string>): Promise<number> => {
    const response = await service.serve(HttpRequest.from({ target: 'http://club.test/', headers }));
    await response.body.bytes();
    return response.status;
  };
  console.log(name, await ask({ 'X-Key': 'secret' }), await ask({}));
}
