import type { HttpRequest, HttpResponse } from '@lamella/http';
import { httpServerLayer } from '@lamella/http';
import { autoServerLayer, http2ServerLayer } from '@lamella/http2';
import type { Connection } from '@lamella/net-core';
import type { Layer, Lifecycle } from '@lamella/service-core';

/** Which versions of HTTP a server speaks. */
export type HttpVersionChoice = 'auto' | 'h1' | 'h2';

/** What `--http-version` takes. */
export const HTTP_VERSIONS: readonly HttpVersionChoice[] = ['auto', 'h1', 'h2'];

/** The names of these versions in ALPN, the preferred one first. */
export function alpnOf(version: HttpVersionChoice): readonly string[] {
  if (version === 'h1') return ['http/1.1'];
  return version === 'h2' ? ['h2'] : ['h2', 'http/1.1'];
}

/** Speaks them: over TLS the one that was agreed on, in clear the one that the client begins with. */
export function httpVersionLayer(
  version: HttpVersionChoice,
  options: { readonly lifecycle: Lifecycle; readonly onError: (error: unknown) => void },
): Layer<HttpRequest, HttpResponse, Connection, void> {
  if (version === 'h1') return httpServerLayer(options);
  return version === 'h2' ? http2ServerLayer(options) : autoServerLayer(options);
}
