import type { HttpRequest as Request } from '@lamella/http';
import { compressionLayer, decompressionLayer, HttpBody, HttpRequest, HttpResponse } from '@lamella/http';
import { httpClientOn } from '@lamella/http/testing';
import { isLamellaError, serviceFn, stack } from '@lamella/service-core';

async function* rows(count: number): AsyncGenerator<string> {
  for (let number = 0; number < count; number++) yield `${number},tea,green,100\n`;
}
const server = stack(
  compressionLayer({ levels: { br: 5 } }),
  serviceFn(({ query }: Request) => {
    const body = HttpBody.from(rows(Number(query)));
    return HttpResponse.from({ headers: { 'Content-Type': 'text/csv', ETag: '"1"' }, body });
  }),
);
const plain = httpClientOn(server);

// What is on the wire.
const headers = { 'Accept-Encoding': 'br, gzip;q=0.5' };
const coded = await plain.serve(HttpRequest.from({ target: 'http://app.test/?10000', headers }));
const length = (await coded.body.bytes()).length;
console.log(coded.headers.get('content-encoding'), coded.headers.get('etag'), length < 60_000);

// What a client with the layer sees.
const client = decompressionLayer({ maxBytes: 1_000_000 })(plain);
const get = (count: number) => client.serve(HttpRequest.from({ target: `http://app.test/?${count}` }));
console.log((await (await get(10_000)).body.text()).length);

// More than it wants to have.
const large = await get(100_000);
console.log(await large.body.text().catch((error: unknown) => isLamellaError(error) && error.code));
await plain.close();
