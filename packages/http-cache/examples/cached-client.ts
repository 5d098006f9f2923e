import { HttpRequest, HttpResponse } from '@lamella/http';
import { httpCacheLayer } from '@lamella/http-cache';
import { serviceFn, stack } from '@lamella/service-core';

let asked = 0;
const service = stack(
  httpCacheLayer(),
  serviceFn(async (_request: HttpRequest) => {
    asked += 1;
    return HttpResponse.text(`answer ${asked}`, { headers: { 'Cache-Control': 'max-age=60' } });
  }),
);

for (let count = 0; count < 2; count++) {
  const response = await service.serve(HttpRequest.from({ target: 'http://example.test/' }));
  console.log(await response.body.text(), '|', response.headers.get('cache-status'));
}
