import type { HttpRequest as Request } from '@lamella/http';
import { corsLayer, csrfLayer, HttpRequest, HttpResponse } from '@lamella/http';
import { directClientOn } from '@lamella/http/testing';
import { serviceFn, stack } from '@lamella/service-core';

const server = stack(
  corsLayer({ origins: ['https://app.test'], allowCredentials: true }),
  csrfLayer({ trustedOrigins: ['https://app.test'] }),
  serviceFn(({ method }: Request) => HttpResponse.text(`${method} done`)),
);
const client = directClientOn(server);

for (const [method, origin, site] of [
  ['POST', 'https://app.test', 'cross-site'],
  ['POST', 'https://app.test.evil.test', 'cross-site'],
  ['GET', 'https://evil.test', 'cross-site'],
  ['POST', 'https://api.test', 'same-origin'],
] as const) {
  const headers = { Origin: origin, 'Sec-Fetch-Site': site };
  const response = await client.serve(HttpRequest.from({ method, target: 'https://api.test/', headers }));
  console.log(method, origin, response.status, response.headers.get('access-control-allow-origin'));
}
