import type { HttpRequest } from '@lamella/http';
import { HttpResponse, requestDecompressionLayer } from '@lamella/http';
import type { Service } from '@lamella/service-core';
import { LimitError, stack, UsageError } from '@lamella/service-core';
import { encodeOtlpAnswer, encodeOtlpJsonAnswer } from '../codec/encode-otlp-answer.ts';
import { OtlpError } from '../errors.ts';
import type { OtlpSignal } from './otlp-data.ts';
import type { OtlpSink } from './otlp-sink.ts';
import { takeExport } from './otlp-sink.ts';

/** Options of {@link otlpReceiver}. */
export interface OtlpReceiverOptions {
  /** Longest export to read, when decompressed, in bytes, greater than 0. Default 4_194_304 (4 MiB). */
  readonly maxBytes?: number;
}

/**
 * Makes a service that receives telemetry by OTLP over HTTP, in protobuf and JSON, compressed or not: `POST /v1/traces`, `/v1/metrics` and
 * `/v1/logs`.
 *
 * @remarks
 * Source: opentelemetry.io/docs/specs/otlp. What is malformed is answered with 400, what is too long with 413, another format with 415, another
 * method with 405, another path with 404. If the sink fails, so does the request, and the server in front answers with 500, which senders take
 * as final. Everything that comes is read into memory, one export at a time: `maxBytes`, and what 500,000 messages and values take, which is as many as an export may have.
 *
 * @param sink - What becomes of it.
 * @throws UsageError if an option is out of its range.
 *
 * @example
 * const service = otlpReceiver({
 *   traces(resourceSpans) {
 *     for (const { scopeSpans } of resourceSpans) {
 *       for (const { spans } of scopeSpans) for (const { name, traceId } of spans) console.log(name, traceId);
 *     }
 *   },
 * });
 */
export function otlpReceiver(sink: OtlpSink, options: OtlpReceiverOptions = {}): Service<HttpRequest, HttpResponse> {
  const { maxBytes = 4 * 1024 * 1024 } = options;
  if (!(maxBytes > 0)) throw new UsageError(`maxBytes must be > 0, got ${maxBytes}`);
  return stack(requestDecompressionLayer({ maxBytes }), {
    async serve(request: HttpRequest): Promise<HttpResponse> {
      const signal = SIGNALS.get(request.path);
      const format = FORMATS.get(mediaType(request));
      if (signal === undefined) return refuse(request, 404, '404 Not Found\n');
      if (request.method !== 'POST') return refuse(request, 405, '405 Method Not Allowed\n', { Allow: 'POST' });
      if (format === undefined) return refuse(request, 415, '415 Unsupported Media Type\n');
      const size = request.body.size ?? 0;
      if (size > maxBytes) return refuse(request, 413, '413 Content Too Large\n');
      try {
        const bytes = await request.body.bytes({ maxBytes });
        const rejection = await takeExport(sink, signal, bytes, format);
        const headers = { 'Content-Type': format === 'json' ? JSON_TYPE : PROTOBUF_TYPE };
        const body = format === 'json' ? encodeOtlpJsonAnswer(signal, rejection) : encodeOtlpAnswer(rejection);
        return HttpResponse.from({ headers, body });
      } catch (error) {
        if (error instanceof LimitError) return refuse(request, 413, '413 Content Too Large\n');
        if (error instanceof OtlpError) return refuse(request, 400, `400 Bad Request: ${error.message}\n`);
        throw error;
      }
    },
  });
}

function refuse(request: HttpRequest, status: number, text: string, headers = {}): HttpResponse {
  request.body.cancel();
  return HttpResponse.text(text, { status, headers });
}

function mediaType({ headers }: HttpRequest): string {
  return (headers.get('content-type') ?? '').split(';', 1).join('').trim().toLowerCase();
}

const PROTOBUF_TYPE = 'application/x-protobuf';
const JSON_TYPE = 'application/json';
const FORMATS: ReadonlyMap<string, 'protobuf' | 'json'> = new Map([
  [PROTOBUF_TYPE, 'protobuf'],
  [JSON_TYPE, 'json'],
]);
const SIGNALS: ReadonlyMap<string, OtlpSignal> = new Map([
  ['/v1/traces', 'traces'],
  ['/v1/metrics', 'metrics'],
  ['/v1/logs', 'logs'],
]);
