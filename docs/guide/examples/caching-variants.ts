import { HttpRequest, HttpResponse } from '@lamella/http';
import { httpCacheLayer, memoryCacheStore } from '@lamella/http-cache';
import { serviceFn, stack } from '@lamella/service-core';

const store = memoryCacheStore({ maxBytes: 8 * 1024 * 1024 });
const service = stack(
  httpCacheLayer({ store }),
  serviceFn(async ({ headers }: HttpRequest) => {
    const language = headers.get('accept-language') ?? 'en';
    return HttpResponse.text(`hello in ${language}`, {
      headers: { 'Cache-Control': 'max-age=60', Vary: 'Accept-Language' },
    });
  }),
);

for (const language of ['de', 'fr', 'de']) {
  const headers = { 'Accept-Language': language };
  const response = await service.serve(HttpRequest.from({ target: 'http://example.test/', headers }));
  console.log(await response.body.text(), '|', response.headers.get('cache-status'));
}
console.log(`${store.entryCount} variants are stored`);
