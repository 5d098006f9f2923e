import type { HttpRequest } from '@lamella/http';
import { HttpBody, HttpHeaders, HttpResponse } from '@lamella/http';
import { patternChunks } from '../../../support/pattern.ts';
import { sumOf } from './exchange.ts';

/** A service for programs of others: each path tries something. */
export async function site(request: HttpRequest): Promise<HttpResponse> {
  const { path, method, version, headers, body } = request;
  const bytes = /^\/bytes\/([0-9]+)$/.exec(path)?.[1];
  if (bytes !== undefined) return HttpResponse.from({ body: HttpBody.from(patternChunks(Number(bytes))) });
  switch (path) {
    case '/echo':
      return HttpResponse.from({ body });
    case '/sum': {
      const chunks: Uint8Array[] = [];
      for await (const chunk of body) chunks.push(Buffer.from(chunk));
      return HttpResponse.text(`${sumOf(chunks)} ${body.trailers?.get('x-trailer') ?? 'no trailer'}`);
    }
    case '/trailers':
      return HttpResponse.from({
        body: HttpBody.from(['some ', 'content'], { trailers: () => HttpHeaders.from({ 'x-trailer': 'sent' }) }),
      });
    case '/hints':
      request.onInformational?.({
        status: 103,
        reason: '',
        headers: HttpHeaders.from({ Link: '</style.css>; rel=preload' }),
      });
      return HttpResponse.text('hinted');
    case '/status/204':
      return HttpResponse.from({ status: 204 });
    case '/status/304':
      return HttpResponse.from({ status: 304, headers: { ETag: '"x"' } });
    default:
      return HttpResponse.json({ method, path, version, host: headers.get('host') });
  }
}
