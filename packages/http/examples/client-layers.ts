import type { HttpRequest as Request } from '@lamella/http';
import {
  followRedirectLayer,
  HttpRequest,
  HttpResponse,
  harRecordLayer,
  httpRetryLayer,
  RedirectHistory,
  replayBodyLayer,
  toCurl,
} from '@lamella/http';
import { serviceFn, stack } from '@lamella/service-core';

// An origin that has moved, and is busy at first. In a program: createHttpClient({ connector: tcpConnector() }).
let count = 0;
const origin = serviceFn(async ({ path, body }: Request) => {
  if (path === '/old') return HttpResponse.from({ status: 308, headers: { Location: '/new' } });
  if (++count === 1) return HttpResponse.from({ status: 503, headers: { 'Retry-After': '0' } });
  return HttpResponse.text(`took ${await body.text()}`);
});

const recorder = harRecordLayer();
const client = stack(
  replayBodyLayer({ maxBytes: 100_000 }), // outside of what sends a body again
  followRedirectLayer(),
  httpRetryLayer({ maxAttempts: 4 }),
  recorder, // inside: sees every attempt
  origin,
);

const body = ['a ', 'stream'];
const request = HttpRequest.from({ method: 'PUT', target: 'http://a.test/old', headers: { Authorization: 'x' }, body });
console.log(await toCurl(request));
const response = await client.serve(request);
console.log(await response.body.text());
console.log(response.extensions.get(RedirectHistory)?.map(({ status, to }) => `${status} to ${to}`));
console.log(recorder.har().log.entries.map((entry) => `${entry.response.status} ${entry.request.url}`));
