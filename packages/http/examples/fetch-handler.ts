import { fetchHandler, HttpRequest } from '@lamella/http';
import { httpClientOn } from '@lamella/http/testing';

// Anything with the shape of `app.fetch`, such as a Hono app.
const app = {
  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    return Response.json({ method: request.method, pathname, body: await request.text() });
  },
};

const client = httpClientOn(fetchHandler(app.fetch));
const request = HttpRequest.from({ method: 'POST', target: 'http://app.test/items?a=1', body: 'content' });
console.log(await (await client.serve(request)).body.json());
await client.close();
