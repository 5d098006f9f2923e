import type { HttpRequest as Request } from '@lamella/http';
import { HttpResponse, toFetch } from '@lamella/http';
import { directClientOn } from '@lamella/http/testing';
import { serviceFn } from '@lamella/service-core';

/** Stands for a library that sends by whichever fetch it is given. */
class ItemsClient {
  readonly #fetch: typeof globalThis.fetch;

  constructor(options: { readonly fetch: typeof globalThis.fetch }) {
    this.#fetch = options.fetch;
  }

  async add(name: string): Promise<unknown> {
    const response = await this.#fetch('http://api.test/items', { method: 'POST', body: JSON.stringify({ name }) });
    return response.json();
  }
}

// In a program the service is a client; in its tests it is a stand-in, and nothing global was touched for it.
const api = serviceFn(async ({ method, path, body }: Request) =>
  HttpResponse.json({ method, path, got: await body.json() }, { status: 201 }),
);
console.log(await new ItemsClient({ fetch: toFetch(directClientOn(api)) }).add('tea'));
