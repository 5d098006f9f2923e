import type { HttpProtocol } from '@lamella/http';
import { http1 } from '@lamella/http';
import { http2 } from '@lamella/http2';
import { CliError, EXIT } from '../cli-error.ts';

/** What the options of `send` say about versions of HTTP, in curl's words. */
export interface HttpVersionOptions {
  readonly 'http1.1'?: boolean;
  readonly http2?: boolean;
  readonly http2PriorKnowledge?: boolean;
}

/**
 * The versions to offer by TLS, of which HTTP/1.1 is spoken in clear: both, unless one is asked for.
 *
 * @throws CliError if the options contradict each other.
 */
export function protocolsOf(options: HttpVersionOptions): readonly HttpProtocol[] {
  const { http2: isHttp2 = false, http2PriorKnowledge = false } = options;
  if (options['http1.1'] !== true) return http2PriorKnowledge ? [patientHttp2()] : [patientHttp2(), patientHttp1()];
  if (isHttp2 || http2PriorKnowledge) throw new CliError('use either --http1.1 or --http2', EXIT.usage);
  return [patientHttp1()];
}

/** How long a request may take is for `--max-time` to say, and for nobody else. */
function patientHttp1(): HttpProtocol {
  return http1({
    timeouts: { responseHeadTimeoutMs: FOREVER, bodyTimeoutMs: FOREVER, writeTimeoutMs: FOREVER },
    bodyIdleTimeoutMs: FOREVER,
  });
}

function patientHttp2(): HttpProtocol {
  return http2({
    timeouts: { responseHeadTimeoutMs: FOREVER, bodyProgressTimeoutMs: FOREVER, writeTimeoutMs: FOREVER },
    bodyIdleTimeoutMs: FOREVER,
  });
}

const FOREVER = Number.POSITIVE_INFINITY;
