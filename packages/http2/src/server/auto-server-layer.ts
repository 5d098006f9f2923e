import type { HttpRequest, HttpResponse, HttpServerLayerOptions } from '@lamella/http';
import { httpServerLayer } from '@lamella/http';
import type { Connection, PeekVerdict } from '@lamella/net-core';
import { AlpnSelected, closeGently, peek } from '@lamella/net-core';
import type { Clock, Layer, Lifecycle } from '@lamella/service-core';
import { systemClock, UsageError } from '@lamella/service-core';
import type { Http2ServerLayerOptions } from './http2-server-layer.ts';
import { http2ServerLayer } from './http2-server-layer.ts';
import { isHttp2 } from './is-http2.ts';

/** Options of {@link autoServerLayer}. */
export interface AutoServerLayerOptions {
  /** Options for HTTP/1.1; see `httpServerLayer` of `@lamella/http`. */
  readonly http1?: Omit<HttpServerLayerOptions, 'lifecycle' | 'clock' | 'onError'>;
  /** Options for HTTP/2; see {@link http2ServerLayer}. */
  readonly http2?: Omit<Http2ServerLayerOptions, 'lifecycle' | 'clock' | 'onError'>;
  /** Longest wait for the bytes that tell the protocol, in milliseconds, greater than 0. Default 10_000. */
  readonly detectTimeoutMs?: number;
  /** Where connections take part in draining. Default: none. */
  readonly lifecycle?: Lifecycle;
  /** Source of time. Default: the system clock. */
  readonly clock?: Clock;
  /** Hears of every failure, as `onError` of the two. Default: `console.error`. */
  readonly onError?: (error: unknown, request: HttpRequest | undefined) => void;
}

/**
 * Makes a server of a service that speaks HTTP/1.1 and HTTP/2 on one port, over TLS and in clear.
 *
 * @remarks
 * Over TLS the protocol that ALPN has selected is spoken: give `tlsAcceptLayer` of `@lamella/tls` the option `alpn: ['h2', 'http/1.1']`.
 * Where nothing was selected, a client that begins with the preface of HTTP/2 is spoken to by that ("prior knowledge"), everybody else by
 * HTTP/1.1. The `Upgrade: h2c` of old is ignored, as RFC 9113 section 3.1 has it.
 *
 * @example
 * const server = stack(autoServerLayer(), serviceFn((request: HttpRequest) => HttpResponse.text(`HTTP/${request.version}`)));
 * await serveListener(listener, server);
 *
 * @throws UsageError if an option is out of its range.
 */
export function autoServerLayer(
  options: AutoServerLayerOptions = {},
): Layer<HttpRequest, HttpResponse, Connection, void> {
  const { http1, http2, detectTimeoutMs = 10_000, lifecycle, clock, onError } = options;
  if (!(detectTimeoutMs > 0)) throw new UsageError(`detectTimeoutMs must be > 0, got ${detectTimeoutMs}`);
  const shared = {
    ...(lifecycle === undefined ? {} : { lifecycle }),
    ...(clock === undefined ? {} : { clock }),
    ...(onError === undefined ? {} : { onError }),
  };
  const http1Layer = httpServerLayer({ ...http1, ...shared });
  const http2Layer = http2ServerLayer({ ...http2, ...shared });
  return (inner) => {
    const [byHttp1, byHttp2] = [http1Layer(inner), http2Layer(inner)];
    return {
      async serve(connection) {
        const protocol = connection.extensions.get(AlpnSelected) ?? (await detect(connection, options));
        if (protocol === 'h2') await byHttp2.serve(connection);
        else if (protocol !== undefined) await byHttp1.serve(connection);
      },
    };
  };
}

/** Looks at the first bytes. @returns `undefined` if the connection is over before they have told. */
async function detect(
  { stream, scope }: Connection,
  { detectTimeoutMs: timeoutMs = 10_000, lifecycle, clock = systemClock }: AutoServerLayerOptions,
): Promise<string | undefined> {
  try {
    const outcome = await peek(stream, readPreface, {
      timeoutMs,
      onTimeout: 'fail-closed',
      signal: scope.signal,
      clock,
      ...(lifecycle === undefined ? {} : { lifecycle }),
    });
    if (outcome.type === 'match') return 'h2';
    if (outcome.cause !== 'drain') return 'http/1.1';
    await closeGently(stream, clock);
  } catch (error) {
    stream.destroy(error); // it has said nothing, or is gone: nobody's failure
  }
  return undefined;
}

function readPreface(bytes: Uint8Array): PeekVerdict<'h2'> {
  const answer = isHttp2(bytes);
  if (answer === 'yes') return { type: 'match', value: 'h2' };
  return answer === 'more' ? { type: 'more' } : { type: 'reject' };
}
