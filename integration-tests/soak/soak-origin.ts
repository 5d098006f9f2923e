import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpRequest } from '@lamella/http';
import { HttpResponse } from '@lamella/http';
import type { Lifecycle, Service } from '@lamella/service-core';
import { serviceFn } from '@lamella/service-core';
import type { ServerSentEvent } from '@lamella/web';
import { sseResponse } from '@lamella/web';
import type { WebSocketConnection } from '@lamella/ws';
import { webSocketService } from '@lamella/ws';

/** What the uses of a soak ask for. */
export function soakOrigin(lifecycle: Lifecycle): Service<HttpRequest, HttpResponse> {
  const sockets = webSocketService({
    lifecycle,
    handler: serviceFn(async (socket: WebSocketConnection) => {
      for await (const message of socket) await socket.send(message);
    }),
  });
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
      case 'events':
        return sseResponse(events());
      case 'socket':
        return sockets.serve(request);
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

async function* events(): AsyncGenerator<ServerSentEvent> {
  for (let count = 1; ; count++) {
    yield { id: String(count), data: `event ${count}` };
    await sleep(10);
  }
}

function* chunks(byteCount: number): Generator<Uint8Array> {
  for (let rest = byteCount; rest > 0; rest -= CHUNK.length) yield CHUNK.subarray(0, Math.min(rest, CHUNK.length));
}

const CHUNK = Buffer.alloc(64 * 1024, 'soak');
