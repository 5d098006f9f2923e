import type { HttpRequest, HttpResponse } from '@lamella/http';
import { conditionalLayer, formatHttpDate, HttpHeaders, isFieldValue, isToken } from '@lamella/http';
import { serviceFn } from '@lamella/service-core';
import { describedHead, jsonResponse } from './described-request.ts';
import type { EndpointGroup, EndpointParts } from './endpoint.ts';
import { badRequest, integerOf, queryPairs, textOf, valuesByName } from './parameters.ts';

/** Endpoints for caches, and for fields of responses. */
export function cacheEndpoints({ clock }: Pick<EndpointParts, 'clock'>): EndpointGroup {
  const modified = formatHttpDate(clock.epochMs());
  const conditional = conditionalLayer();
  const cached = conditional(
    serviceFn((request: HttpRequest) =>
      jsonResponse(describedHead(request), { ETag: '"http-test"', 'Last-Modified': modified }),
    ),
  );
  return {
    title: 'Caches and fields',
    endpoints: [
      {
        methods: ['GET'],
        path: '/cache',
        what: 'Has an ETag and Last-Modified; answers If-None-Match and If-Modified-Since with 304.',
        example: '/cache',
        serve: cached.serve,
      },
      {
        methods: ['GET'],
        path: '/cache/:seconds',
        what: 'May be cached for 0 to 31536000 seconds.',
        example: '/cache/60',
        serve: (request, params) => {
          const seconds = integerOf(params, 'seconds', { min: 0, max: 31_536_000 });
          return jsonResponse(describedHead(request), { 'Cache-Control': `public, max-age=${seconds}` });
        },
      },
      {
        methods: ['GET'],
        path: '/etag/:etag',
        what: 'Has this ETag; answers If-None-Match with 304 and If-Match with 412.',
        example: '/etag/abc',
        serve: (request, params) => {
          const etag = textOf(params, 'etag');
          if (!ETAG.test(etag)) throw badRequest('etag must be visible ASCII without quotes');
          const tagged = serviceFn((tried: HttpRequest) => jsonResponse(describedHead(tried), { ETag: `"${etag}"` }));
          return conditional(tagged).serve(request);
        },
      },
      {
        methods: ['GET', 'POST'],
        path: '/response-headers',
        query: 'name=value, up to 50',
        what: 'A response with these fields, and its content tells them.',
        example: '/response-headers?X-Hello=world',
        serve: withFields,
      },
    ],
  };
}

function withFields(request: HttpRequest): HttpResponse {
  const pairs = queryPairs(request);
  if (pairs.length > MAX_FIELDS) throw badRequest(`the query has ${pairs.length} fields; ${MAX_FIELDS} are the most`);
  const headers = HttpHeaders.from();
  for (const [name, value] of pairs) {
    if (!isToken(name)) throw badRequest(`${JSON.stringify(name.slice(0, 50))} is no name of a field`);
    if (OF_THE_ENGINE.has(name.toLowerCase())) throw badRequest(`${name} is made by the server itself`);
    const bytes = Buffer.from(value, 'utf8').toString('latin1');
    if (!isFieldValue(bytes)) throw badRequest(`the value of ${name} holds a character that no field may hold`);
    headers.append(name, bytes);
  }
  const response = jsonResponse(valuesByName(pairs));
  if (!headers.has('content-type')) headers.append('Content-Type', 'application/json');
  return response.with({ headers });
}

const ETAG = /^[\x21\x23-\x7e]+$/;
const MAX_FIELDS = 50;
/** Fields that say where a message ends, or what becomes of its connection. */
const OF_THE_ENGINE: ReadonlySet<string> = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
