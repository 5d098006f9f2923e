import type { HttpRequest } from '@lamella/http';
import { HttpBody, HttpResponse, isBodyless, rangeLayer } from '@lamella/http';
import { serviceFn, sleep } from '@lamella/service-core';
import { describedHead } from './described-request.ts';
import type { EndpointGroup, EndpointParts, PathValues } from './endpoint.ts';
import { paced } from './paced.ts';
import { badRequest, integerOf, queryDecimal, queryInteger } from './parameters.ts';
import { alphabet, noise, PatternSource } from './pattern-source.ts';

/** Endpoints for content that is long, slow, or asked for in parts. */
export function streamEndpoints(parts: Pick<EndpointParts, 'clock' | 'random'>): EndpointGroup {
  const ranges = rangeLayer();
  return {
    title: 'Bytes and streams',
    endpoints: [
      {
        methods: ['GET'],
        path: '/bytes/:n',
        query: 'seed (0 to 4294967295)',
        what: 'Random bytes, 0 to 104857600, the same ones for the same seed; with a Content-Length.',
        example: '/bytes/1024?seed=1',
        serve: (request, params) => {
          const { size, source } = randomBytes(request, params, parts);
          return binary(HttpBody.fromSource(source, { size }));
        },
      },
      {
        methods: ['GET'],
        path: '/stream-bytes/:n',
        query: 'seed (0 to 4294967295), chunk_size (1 to 65536; 10240)',
        what: 'The same in chunks.',
        example: '/stream-bytes/1024?seed=1&chunk_size=100',
        serve: (request, params) => binary(HttpBody.fromSource(randomBytes(request, params, parts).source)),
      },
      {
        methods: ['GET'],
        path: '/stream/:n',
        what: 'Describes the request in 1 to 1000 lines of JSON.',
        example: '/stream/5',
        serve: streamedLines,
      },
      {
        methods: ['GET'],
        path: '/range/:n',
        what: 'The alphabet over and over, 1 to 104857600 bytes; Range, If-Range, several ranges.',
        example: '/range/1024',
        serve: (request, params) => {
          const size = integerOf(params, 'n', { min: 1, max: MAX_BYTES });
          return ranges(serviceFn(() => alphabetResponse(size))).serve(request);
        },
      },
      {
        methods: ['GET'],
        path: '/drip',
        query:
          'duration (0 to 10 seconds; 2), numbytes (1 to 10000; 10), delay (0 to 10 seconds; 0), code (200 to 599; 200)',
        what: 'Bytes that come one by one over a time, after a delay.',
        example: '/drip?duration=3&numbytes=30',
        serve: (request) => drip(request, parts),
      },
    ],
  };
}

function randomBytes(request: HttpRequest, params: PathValues, { random }: Pick<EndpointParts, 'random'>) {
  const size = integerOf(params, 'n', { min: 0, max: MAX_BYTES });
  const seed = queryInteger(request, 'seed', { min: 0, max: MAX_UINT32, preset: Math.floor(random() * MAX_UINT32) });
  const chunkBytes = queryInteger(request, 'chunk_size', { min: 1, max: 65_536, preset: 10_240 });
  return { size, source: new PatternSource(size, noise(seed), chunkBytes) };
}

function alphabetResponse(size: number): HttpResponse {
  return HttpResponse.from({
    headers: { 'Content-Type': 'text/plain', ETag: `"range${size}"` },
    body: HttpBody.fromSource(new PatternSource(size, alphabet), { size }),
  });
}

function streamedLines(request: HttpRequest, params: PathValues): HttpResponse {
  const count = integerOf(params, 'n', { min: 1, max: 1_000 });
  const head = describedHead(request);
  function* lines(): Generator<string> {
    for (let id = 0; id < count; id++) yield `${JSON.stringify({ id, ...head })}\n`;
  }
  return HttpResponse.from({ headers: { 'Content-Type': 'application/json' }, body: HttpBody.from(lines()) });
}

async function drip(request: HttpRequest, { clock }: Pick<EndpointParts, 'clock'>): Promise<HttpResponse> {
  const seconds = { min: 0, max: 10 };
  const durationMs = queryDecimal(request, 'duration', { ...seconds, preset: 2 }) * 1_000;
  const delayMs = queryDecimal(request, 'delay', { ...seconds, preset: 0 }) * 1_000;
  const count = queryInteger(request, 'numbytes', { min: 1, max: 10_000, preset: 10 });
  const status = queryInteger(request, 'code', { min: 200, max: 599, preset: 200 });
  if (isBodyless(status) || status === 205) throw badRequest(`code must be one that has content, got ${status}`);
  if (delayMs > 0) await sleep(clock, delayMs, request.scope);
  const body = paced({ count, intervalMs: durationMs / count, clock, make: () => '*' });
  return binary(HttpBody.from(body, { size: count }), status);
}

function binary(body: HttpBody, status = 200): HttpResponse {
  return HttpResponse.from({ status, headers: { 'Content-Type': 'application/octet-stream' }, body });
}

const MAX_BYTES = 104_857_600;
const MAX_UINT32 = 4_294_967_295;
