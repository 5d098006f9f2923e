import { HttpBody, HttpHeaders, type HttpRequest, HttpResponse } from '@lamella/http';
import type { Service } from '@lamella/service-core';
import { FAR, HELLO, HUGE, LARGE } from './payloads.ts';

const json = HttpHeaders.from([['Content-Type', 'application/json']]);

/** What servers of HTTP/2 under measurement answer. */
export const h2App: Service<HttpRequest, HttpResponse> = {
  async serve(request) {
    if (request.method === 'POST') return HttpResponse.from({ headers: json, body: await request.body.bytes() });
    if (request.target === '/wait') return new Promise(() => {});
    if (request.target === '/far') return HttpResponse.from({ headers: json, body: HttpBody.from(FAR) });
    const body = request.target === '/large' ? LARGE : request.target === '/huge' ? HttpBody.from(HUGE) : HELLO;
    return HttpResponse.from({ headers: json, body });
  },
};
