import type { HttpRequest } from '@lamella/http';
import { HttpResponse } from '@lamella/http';
import type { Service } from '@lamella/service-core';

/** An origin that greets, sends back what it gets at /echo, and sends as many bytes as asked for at /bytes/N. */
export function originService(name: string): Service<HttpRequest, HttpResponse> {
  return {
    async serve(request) {
      const { path, method, body } = request;
      if (path === '/echo' && method === 'POST') return HttpResponse.from({ body });
      const bytes = /^\/bytes\/([0-9]{1,10})$/.exec(path);
      if (bytes !== null) return HttpResponse.from({ body: someBytes(Number(bytes[1])) });
      const via = request.headers.get('via') ?? 'nobody';
      return HttpResponse.text(`Hello from the ${name} origin. You asked for ${path}, by way of ${via}.\n`);
    },
  };
}

/** One chunk over and over: as fast a source as there can be. */
function* someBytes(length: number): Generator<Uint8Array> {
  for (let left = length; left > 0; left -= CHUNK.length) yield left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK;
}

const CHUNK = new Uint8Array(64 * 1024).fill(0x2e);
