import { HttpStatusError } from '../../errors.ts';
import type { HttpRequest } from '../../message/http-request.ts';
import type { HttpResponse } from '../../message/http-response.ts';
import { isIdempotent } from '../../message/method.ts';

/**
 * The error of a response whose status is not wanted, with the beginning of its body.
 *
 * @remarks
 * The rest of the body is for the caller to cancel. The query of the URL is left out, since many a secret stands there.
 */
export async function unexpectedStatus(request: HttpRequest, response: HttpResponse): Promise<HttpStatusError> {
  const { method, parsedTarget, authority = '' } = request;
  const { status, reason, headers } = response;
  const excerpt = await beginningOf(response);
  const message = `${method} ${authority}${parsedTarget.path} was answered with ${status} ${reason}`.trimEnd();
  return new HttpStatusError('LML_ERR_HTTP_UNEXPECTED_STATUS', message, {
    status,
    excerpt,
    contentType: headers.get('content-type'),
    facts: {
      layer: 'requests',
      peer: authority,
      protocolCode: status,
      retryable: (status === 429 || status >= 500) && isIdempotent(method),
    },
  });
}

async function beginningOf(response: HttpResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    while (length < MAX_EXCERPT_BYTES) {
      const chunk = await response.body.read();
      if (chunk === undefined) break;
      chunks.push(chunk);
      length += chunk.length;
    }
  } catch {
    // The status tells what went wrong; a body that breaks off as well adds nothing.
  }
  return Buffer.concat(chunks).toString('utf8', 0, Math.min(length, MAX_EXCERPT_BYTES));
}

const MAX_EXCERPT_BYTES = 1_024;
