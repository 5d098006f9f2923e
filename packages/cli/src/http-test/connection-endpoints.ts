import type { HttpRequest, HttpResponse } from '@lamella/http';
import { sseResponse } from '@lamella/web';
import { webSocketService } from '@lamella/ws';
import type { EndpointGroup, EndpointParts } from './endpoint.ts';
import { paced } from './paced.ts';
import { queryDecimal, queryInteger } from './parameters.ts';
import { describeUpload } from './upload.ts';

/** Endpoints for what goes beyond a request and its response. */
export function connectionEndpoints(
  parts: Pick<EndpointParts, 'clock' | 'lifecycle' | 'webSocketLayer'>,
): EndpointGroup {
  const { webSocketLayer = (inner) => inner } = parts;
  const echo = webSocketService({
    origins: 'any', // there is nothing here that a page could take from its user
    lifecycle: parts.lifecycle,
    deflate: true,
    handler: webSocketLayer({
      async serve(socket) {
        for await (const message of socket) await socket.send(message);
      },
    }),
  });
  return {
    title: 'Events, WebSocket, uploads',
    endpoints: [
      {
        methods: ['GET'],
        path: '/sse',
        query: 'count (1 to 1000; 10), interval (0 to 10 seconds; 1)',
        what: 'Server-sent events, one after another.',
        example: '/sse?count=5&interval=0.5',
        serve: (request) => events(request, parts),
      },
      {
        methods: ['GET'],
        path: '/ws',
        what: 'A WebSocket that sends every message back, with compression if that is offered.',
        serve: echo.serve,
      },
      {
        methods: ['POST', 'PUT'],
        path: '/multipart',
        what: 'Takes an upload of up to 32 MiB as multipart/form-data; tells name, type, size and SHA-256 of each part.',
        serve: describeUpload,
      },
    ],
  };
}

function events(request: HttpRequest, { clock }: Pick<EndpointParts, 'clock'>): HttpResponse {
  const count = queryInteger(request, 'count', { min: 1, max: 1_000, preset: 10 });
  const intervalMs = queryDecimal(request, 'interval', { min: 0, max: 10, preset: 1 }) * 1_000;
  const make = (index: number) => ({
    id: String(index + 1),
    event: 'tick',
    data: JSON.stringify({ count: index + 1, of: count, atMs: clock.epochMs() }),
  });
  return sseResponse(paced({ count, intervalMs, clock, make }), { clock });
}
