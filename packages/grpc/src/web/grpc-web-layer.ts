import type { HttpHeaders, HttpRequest, HttpResponse } from '@lamella/http';
import { HttpBody } from '@lamella/http';
import type { Layer } from '@lamella/service-core';
import { contentTypeOf, grpcFormatOf } from '../codec/content-type.ts';
import { changedBody } from '../messages/changed-body.ts';
import { failureResponse } from '../server/responses.ts';
import { brokenOffFields, endFields, splitHead, statusOf } from '../translation/end-fields.ts';
import { Base64Decoder } from './base64-decoder.ts';
import { encodeBase64Piece } from './base64-piece.ts';
import type { WebContentType } from './web-content-type.ts';
import { formatWebContentType, webContentTypeOf } from './web-content-type.ts';
import { encodeWebTrailers } from './web-trailers.ts';

/**
 * Translates gRPC-Web, which browsers speak, to gRPC: in front of a service of this process, or of a proxy whose upstream speaks gRPC.
 *
 * @remarks
 * Source: PROTOCOL-WEB.md of grpc/grpc. Binary and text (Base64) formats with messages of any kind, over HTTP/1.1 and HTTP/2; everything
 * else goes to the inner service as it is. Messages are passed on as they come, and nothing is held back or known of what they hold.
 *
 * Statuses travel behind the messages, so that scripts of other origins need no permission to read them. A response that breaks off on its
 * way ends with the status that a client of gRPC would see. `grpcService` does all that by itself.
 *
 * @example
 * function gateway(proxy: Service<HttpRequest, HttpResponse>): Service<HttpRequest, HttpResponse> {
 *   return stack(corsLayer({ origins: ['https://app.example'], ...grpcWebCors }), grpcWebLayer(), proxy);
 * }
 */
export function grpcWebLayer(): Layer<HttpRequest, HttpResponse> {
  return (inner) => ({
    async serve(request) {
      const type = webContentTypeOf(request.headers.get('content-type'));
      if (type === undefined || request.method !== 'POST') return inner.serve(request);
      const decoder = type.isText ? new WebText(request.body) : undefined;
      const { format } = type;
      const accepted = request.headers.get('accept');
      const isText = accepted?.includes('application/grpc-web') ? accepted.includes('-text') : type.isText;
      const translated = request.with({
        headers: grpcHeaders(request.headers, format),
        body: decoder?.body ?? request.body,
      });
      return webResponse(await decodedOr(decoder, format, () => inner.serve(translated)), { isText, format });
    },
  });
}

/** The content of a text request, and what was wrong with it. */
class WebText {
  readonly body: HttpBody;
  failure: unknown;

  constructor(text: HttpBody) {
    const decoder = new Base64Decoder();
    const noting = (work: () => Uint8Array): Uint8Array => {
      try {
        return work();
      } catch (error) {
        this.failure = error;
        throw error;
      }
    };
    this.body = changedBody(text, {
      push: (bytes) => noting(() => decoder.push(bytes)),
      end: () =>
        noting(() => {
          decoder.end();
          return NOTHING;
        }),
    });
  }
}

/** What the client did wrong is what it is told, whatever becomes of the request behind. */
async function decodedOr(
  text: WebText | undefined,
  format: string,
  serve: () => Promise<HttpResponse>,
): Promise<HttpResponse> {
  if (text === undefined) return serve();
  try {
    const response = await serve();
    if (text.failure === undefined || grpcFormatOf(response.headers.get('content-type')) !== undefined) return response;
    response.body.cancel(text.failure);
  } catch (error) {
    if (text.failure === undefined) throw error;
  }
  return failureResponse(format, statusOf(text.failure), undefined, undefined);
}

function grpcHeaders(web: HttpHeaders, format: string): HttpHeaders {
  const headers = web.clone();
  for (const name of ['content-length', 'accept', 'x-grpc-web']) headers.delete(name);
  headers.set('content-type', contentTypeOf(format));
  headers.set('te', 'trailers');
  return headers;
}

function webResponse(response: HttpResponse, type: WebContentType): HttpResponse {
  const format = grpcFormatOf(response.headers.get('content-type'));
  // What is no gRPC says so by its HTTP status.
  if (format === undefined) return response;
  const { head, early } = splitHead(response.headers);
  head.delete('content-length');
  head.set('content-type', formatWebContentType({ isText: type.isText, format }));
  const onWire = type.isText ? encodeBase64Piece : asItIs;
  return response.with({ headers: head, body: webBody(response.body, early, onWire) });
}

/** Messages, and the trailers in a frame behind them. */
function webBody(body: HttpBody, early: HttpHeaders | undefined, onWire: (bytes: Uint8Array) => Uint8Array): HttpBody {
  const end = (trailers: HttpHeaders | undefined): Uint8Array =>
    onWire(encodeWebTrailers(early ?? endFields(trailers)));
  const whole = body.takeWhole();
  if (whole !== undefined) {
    const messages = typeof whole === 'string' ? Buffer.from(whole, 'utf8') : whole;
    return HttpBody.from(Buffer.concat([onWire(messages), end(body.trailers)]));
  }
  return changedBody(body, {
    push: onWire,
    end,
    fail: (error) => onWire(encodeWebTrailers(early ?? brokenOffFields(error))),
  });
}

function asItIs(bytes: Uint8Array): Uint8Array {
  return bytes;
}

const NOTHING = new Uint8Array(0);
