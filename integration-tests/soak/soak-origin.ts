import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpRequest } from '@lamella/http';
import { HttpResponse } from '@lamella/http';
import type { Lifecycle, Service } from '@lamella/service-core';
import { serviceFn } from '@lamella/service-core';

/** What the uses of a soak ask for. */
export function soakOrigin(_lifecycle: Lifecycle): Service<HttpRequest, HttpResponse> {
  return serviceFn(async (request: HttpRequest) => {
    const [, name = '', argument = ''] = request.path.split('/');
    switch (name) {
      case 'hello':
        return HttpResponse.text(`hello ${new URLSearchParams(request.query).get('name')}`);
      case 'digest':
        return digestOf(request);
      case 'echo':
        return HttpResponse.from({ body: request.body.stream() });
      case 'bytes':
        return HttpResponse.from({ body: chunks(Number(argument)) });
      case 'slow':
        await sleep(Number(argument), undefined, { signal: request.signal });
        return HttpResponse.text('slow');
      default:
        return HttpResponse.from({ status: 404 });
    }
  });
}

async function digestOf(request: HttpRequest): Promise<HttpResponse> {
  const hash = createHash('sha256');
  for await (const chunk of request.body) hash.update(chunk);
  return HttpResponse.text(hash.digest('hex'));
}

function* chunks(byteCount: number): Generator<Uint8Array> {
  for (let rest = byteCount; rest > 0; rest -= CHUNK.length) yield CHUNK.subarray(0, Math.min(rest, CHUNK.length));
}

const CHUNK = Buffer.alloc(64 * 1024, 'soak');
