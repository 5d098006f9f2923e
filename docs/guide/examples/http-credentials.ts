import type { HttpRequest as Request } from '@lamella/http';
import { AuthUser, addBearerAuthLayer, bearerAuthLayer, HttpRequest, HttpResponse } from '@lamella/http';
import { directClientOn } from '@lamella/http/testing';
import { serviceFn, stack } from '@lamella/service-core';

const server = stack(
  bearerAuthLayer({ verify: async (token) => (token === 'abc' ? { name: 'ann', scopes: ['read'] } : undefined) }),
  serviceFn(({ extensions }: Request) => HttpResponse.json(extensions.get(AuthUser))),
);
const client = stack(
  addBearerAuthLayer({ token: async () => 'abc', origins: ['http://api.test'] }),
  directClientOn(server),
);

const here = await client.serve(HttpRequest.from({ target: 'http://api.test/' }));
console.log(here.status, await here.body.text());

const elsewhere = await client.serve(HttpRequest.from({ target: 'http://api.test.evil.test/' }));
console.log(elsewhere.status, elsewhere.headers.get('www-authenticate'));
