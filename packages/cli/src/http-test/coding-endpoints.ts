import type { ContentCoding, HttpRequest, HttpResponse } from '@lamella/http';
import { compressionLayer } from '@lamella/http';
import { describedHead, jsonResponse } from './described-request.ts';
import type { Endpoint, EndpointGroup } from './endpoint.ts';

/** Endpoints whose content is compressed, whatever the client takes. */
export function codingEndpoints(): EndpointGroup {
  return {
    title: 'Compression',
    endpoints: [
      codingEndpoint('/gzip', 'gzip', 'gzipped'),
      codingEndpoint('/deflate', 'deflate', 'deflated'),
      codingEndpoint('/brotli', 'br', 'brotli'),
      codingEndpoint('/zstd', 'zstd', 'zstd'),
    ],
  };
}

function codingEndpoint(path: string, coding: ContentCoding, mark: string): Endpoint {
  const layer = compressionLayer({ codings: [coding], minBytes: 0 });
  return {
    methods: ['GET'],
    path,
    what: `Describes the request, with Content-Encoding: ${coding}.`,
    example: path,
    serve: (request) => {
      const described = { [mark]: true, ...describedHead(request) };
      const inner = { serve: async (): Promise<HttpResponse> => jsonResponse(described) };
      return layer(inner).serve(demanding(request, coding));
    },
  };
}

/** The request of a client that takes nothing else. */
function demanding(request: HttpRequest, coding: ContentCoding): HttpRequest {
  const headers = request.headers.clone();
  headers.delete('cache-control'); // `no-transform` is not for what was asked for by name
  headers.set('Accept-Encoding', `${coding}, identity;q=0`);
  return request.with({ headers });
}
