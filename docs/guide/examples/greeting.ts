import type { HttpRequest } from '@lamella/http';
import { HttpResponse } from '@lamella/http';
import type { Service } from '@lamella/service-core';

/** Greets whoever says a name: the application that the tests of this page look at. */
export const greeting: Service<HttpRequest, HttpResponse> = {
  async serve(request) {
    if (request.method !== 'POST') return HttpResponse.text('say your name\n', { status: 405 });
    const name = await request.body.text({ maxBytes: 100 });
    return HttpResponse.json({ hello: name });
  },
};
