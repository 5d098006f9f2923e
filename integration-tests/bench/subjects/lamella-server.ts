// A Lamella server: argument 1 is the stack around the app (bare, pass-through, production, one, fifteen), argument 2 the port.
import { HttpHeaders, type HttpRequest, HttpResponse, httpServerLayer } from '@lamella/http';
import { serveListener } from '@lamella/net-core';
import { listenTcp } from '@lamella/net-tcp';
import type { Service } from '@lamella/service-core';
import { answerQuestions } from './answer-questions.ts';
import { fifteen, one, passThrough, production } from './layers.ts';
import { HELLO, LARGE } from './payloads.ts';

const [, , kind = 'bare', port = '0'] = process.argv;
const json = HttpHeaders.from([['Content-Type', 'application/json']]);
const app: Service<HttpRequest, HttpResponse> = {
  async serve(request) {
    if (request.method === 'POST') return HttpResponse.from({ headers: json, body: await request.body.bytes() });
    return HttpResponse.from({ headers: json, body: request.target === '/large' ? LARGE : HELLO });
  },
};
const stacks: Readonly<Record<string, (service: typeof app) => typeof app>> = {
  bare: (service) => service,
  'pass-through': passThrough,
  production,
  one,
  fifteen,
};
const around = stacks[kind]?.(app) ?? app;
answerQuestions();
// All load comes from one address here.
const listener = await listenTcp({ port: Number(port), maxConnectionsPerPeer: Number.POSITIVE_INFINITY });
console.log('ready');
await serveListener(listener, httpServerLayer()(around));
