import { HttpRequest, HttpResponse, httpServerLayer } from '@lamella/http';
import { httpClientOn } from '@lamella/http/testing';
import { mapInputLayer, mapOutputLayer } from '@lamella/layers';
import type { Connection } from '@lamella/net-core';
import type { Service } from '@lamella/service-core';
import { serviceFn, stack } from '@lamella/service-core';

const length = serviceFn((text: string) => text.length);

// string -> number becomes HttpRequest -> HttpResponse
const site = stack(
  mapInputLayer((request: HttpRequest) => request.path),
  mapOutputLayer((count: number) => HttpResponse.json({ count })),
  length,
);

// HttpRequest -> HttpResponse becomes Connection -> void: a server
const server: Service<Connection, void> = stack(httpServerLayer(), site);
console.log(Object.keys(server));

const doubled = mapOutputLayer((count: number) => count * 2);
// @ts-expect-error: `site` gives responses, and `doubled` takes numbers
stack(doubled, site);

const client = httpClientOn(site);
const response = await client.serve(HttpRequest.from({ target: 'http://site.test/abc' }));
console.log(response.status, await response.body.text());
await client.close();
