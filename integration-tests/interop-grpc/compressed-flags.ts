import type { HttpRequest, HttpResponse } from '@lamella/http';
import { HttpBody } from '@lamella/http';
import type { ExtensionKey, Service } from '@lamella/service-core';
import { extensionKey } from '@lamella/service-core';

/** Which of the messages so far came compressed, in order. */
export const CompressedFlags: ExtensionKey<readonly boolean[], 'request'> = extensionKey('interop/compressed-flags', {
  scope: 'request',
});

/** A layer of a server: writes down which messages of a request are compressed. What inflates them keeps that to itself. */
export function watchRequests(inner: Service<HttpRequest, HttpResponse>): Service<HttpRequest, HttpResponse> {
  return {
    serve(request) {
      const flags: boolean[] = [];
      request.extensions.insert(CompressedFlags, flags);
      return inner.serve(request.with({ body: watched(request.body, flags) }));
    },
  };
}

/** A layer of a client: the same of all its responses. */
export function watchResponses(
  inner: Service<HttpRequest, HttpResponse>,
  flags: boolean[],
): Service<HttpRequest, HttpResponse> {
  return {
    async serve(request) {
      const response = await inner.serve(request);
      return response.with({ body: watched(response.body, flags) });
    },
  };
}

function watched(body: HttpBody, flags: boolean[]): HttpBody {
  let prefix: number[] = [];
  let rest = 0; // bytes of the message that are still to come
  const look = (bytes: Uint8Array): void => {
    for (let at = 0; at < bytes.length; ) {
      if (rest > 0) {
        const step = Math.min(rest, bytes.length - at);
        rest -= step;
        at += step;
        continue;
      }
      prefix.push(bytes[at++] ?? 0);
      if (prefix.length < PREFIX_BYTES) continue;
      flags.push(prefix[0] === 1);
      rest = prefix.slice(1).reduce((length, byte) => length * 256 + byte, 0);
      prefix = [];
    }
  };
  const source = {
    async read() {
      const bytes = await body.read();
      if (bytes !== undefined) look(bytes);
      return bytes;
    },
    cancel: (reason: unknown) => body.cancel(reason),
    onOver: (listener: () => void) => body.onOver(listener),
    get trailers() {
      return body.trailers;
    },
  };
  return HttpBody.fromSource(source);
}

const PREFIX_BYTES = 5;
