import type { HttpRequest as Request } from '@lamella/http';
import { HttpResponse, HttpStatusError, HttpTimings, requests } from '@lamella/http';
import { httpClientOn } from '@lamella/http/testing';
import { serviceFn } from '@lamella/service-core';

// A shop to talk to. In a program: createHttpClient({ connector: tcpConnector() }), within whichever layers.
const shop = serviceFn(async ({ method, path, query, headers, body }: Request) => {
  if (method === 'GET' && path === '/v1/items') return HttpResponse.json({ query, as: headers.get('authorization') });
  if (method === 'POST') return HttpResponse.json({ type: headers.get('content-type'), sent: await body.text() });
  return HttpResponse.text('there is no such item', { status: 404 });
});
const client = httpClientOn(shop);
const api = requests(client, { baseUrl: 'http://shop.test/v1', timeoutMs: 5_000, expectSuccess: true });

console.log(await api.post('/items').json({ name: 'tea' }).asJson());
console.log(await api.post('/orders').form({ item: 'tea', count: 2 }).asJson());
console.log(
  await api
    .get('/items')
    .bearer('token')
    .query({ page: 2, tag: ['a', 'b c'] })
    .asJson(),
);

// Statuses that are not wanted are errors, with the beginning of what was said.
const failure = await api
  .get('/items/7')
  .asText()
  .catch((error: unknown) => error);
if (failure instanceof HttpStatusError) console.log(failure.message, '-', failure.excerpt);

// Files are streamed; a response is yours, with what it took.
const files = { note: 'for you', photo: new File(['...'], 'photo.png', { type: 'image/png' }) };
const response = await api.post('/photos').multipart(files).send();
await response.body.text();
console.log(response.status, Object.keys(JSON.parse(JSON.stringify(response.extensions.get(HttpTimings)))).join(' '));
await client.close();
