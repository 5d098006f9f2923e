import type { HttpRequest as Request } from '@lamella/http';
import { HttpResponse, requests } from '@lamella/http';
import { httpClientOn } from '@lamella/http/testing';
import { concurrencyLimitLayer, traceLayer } from '@lamella/layers';
import { serviceFn, stack } from '@lamella/service-core';

const client = httpClientOn(serviceFn(({ path }: Request) => HttpResponse.text(`you asked for ${path}`)));

// A client is a service: layers in front of it see every request, whoever sends it.
const careful = stack(
  traceLayer({
    onStart: ({ input }: { input: Request }) => console.log('->', input.path),
    onEnd: ({ outcome }) => console.log('<-', outcome),
  }),
  concurrencyLimitLayer({ maxConcurrent: 8 }),
  client,
);
console.log(await requests(careful, { baseUrl: 'http://app.test' }).get('/a').asText());
await client.close();
