// A Lamella server: argument 1 is the stack around the app (bare, pass-through, production), argument 2 the port.
import { HttpHeaders, type HttpRequest, HttpResponse, httpServerLayer } from '@lamella/http';
import { serveListener } from '@lamella/net-core';
import { listenTcp } from '@lamella/net-tcp';
import type { Service } from '@lamella/service-core';
import { answerQuestions } from './answer-questions.ts';
import { passThrough, production } from './layers.ts';
import { HELLO, LARGE } from './payloads.ts';

const [, , kind = 'bare', port = '0'] = process.argv;
const json = HttpHeaders.from([['Content-Type', 'application/json']]);
const app: Service<HttpRequest, HttpResponse> = {
  async serve(request) {
    if (request.method === 'POST') return HttpResponse.from({ headers: json, body: await request.body.bytes() });
    return HttpResponse.from({ headers: json, body: request.target === '/large' ? LARGE : HELLO });
  },
};
const around = { bare: app, 'pass-through': passThrough(app), production: production(app) }[kind] ?? app;
answerQuestions();
// All load comes from one address here.
const listener = await listenTcp({ port: Number(port), maxConnectionsPerPeer: Number.POSITIVE_INFINITY });
console.log('ready');
await serveListener(listener, httpServerLayer()(around));
