import type { HttpRequest } from '@lamella/http';
import { HttpResponse } from '@lamella/http';
import { formatAddress, PeerAddress } from '@lamella/net-core';
import type { Service } from '@lamella/service-core';
import type { EchoedHttp2, EchoedTls } from './echoed-connection.ts';
import { echoedHttp2, echoedTls } from './echoed-connection.ts';

/** What `serve echo` tells of a request, exactly as it arrived. */
export interface EchoedRequest {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  /** Pairs in order and case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: EchoedBody;
  readonly trailers?: readonly (readonly [name: string, value: string])[];
  /** Address that the request came from. */
  readonly peer: string;
  readonly http2?: EchoedHttp2;
  readonly tls?: EchoedTls;
}

/** A body: its text if it is UTF-8, else its bytes in Base64. */
export interface EchoedBody {
  /** In bytes. */
  readonly size: number;
  readonly text?: string;
  readonly base64?: string;
}

/** Answers every request but CONNECT with a JSON description of it. Bodies up to 1 MiB; longer ones are answered with 413. */
export function echoService(): Service<HttpRequest, HttpResponse> {
  return {
    async serve(request) {
      // RFC 9110 section 9.3.6: a 2xx answer would make a tunnel of the connection.
      if (request.method === 'CONNECT') return HttpResponse.text('501: this is no proxy\n', { status: 501 });
      const bytes = await request.body.bytes({ maxBytes: MAX_BODY_BYTES });
      const peer = request.extensions.get(PeerAddress);
      const [http2, tls] = [echoedHttp2(request), echoedTls(request)];
      const echoed: EchoedRequest = {
        method: request.method,
        target: request.target,
        version: `HTTP/${request.version}`,
        headers: [...request.headers],
        body: describe(bytes),
        ...(request.body.trailers === undefined ? {} : { trailers: [...request.body.trailers] }),
        peer: peer === undefined ? '' : formatAddress(peer),
        ...(http2 === undefined ? {} : { http2 }),
        ...(tls === undefined ? {} : { tls }),
      };
      return HttpResponse.text(`${readableJson(echoed)}\n`, {
        headers: [['Content-Type', 'application/json']],
      });
    },
  };
}

/** Indented, but with each header and each setting on one line. */
function readableJson(value: EchoedRequest): string {
  const json = JSON.stringify(value, undefined, 2);
  return json.replace(/\[\n\s+("(?:[^"\\]|\\.)*"),\n\s+("(?:[^"\\]|\\.)*"|[0-9]+)\n\s+\]/g, '[$1, $2]');
}

function describe(bytes: Uint8Array): EchoedBody {
  const size = bytes.length;
  if (size === 0) return { size };
  try {
    return { size, text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { size, base64: Buffer.from(bytes).toString('base64') };
  }
}

const MAX_BODY_BYTES = 1024 * 1024;
