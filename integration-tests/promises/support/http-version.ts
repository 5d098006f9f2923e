import type { HttpProtocol } from '@lamella/http';
import { http1 } from '@lamella/http';
import type { Http2Options } from '@lamella/http2';
import { http2 } from '@lamella/http2';

/** Versions of HTTP for which the promises hold. */
export type HttpVersion = 'HTTP/1.1' | 'HTTP/2';

/** All of them. */
export const HTTP_VERSIONS: readonly HttpVersion[] = ['HTTP/1.1', 'HTTP/2'];

/** How a client speaks one version. */
export function protocolOf(version: HttpVersion, options: Http2Options = {}): HttpProtocol {
  return version === 'HTTP/2' ? http2(options) : http1();
}
