import type { HttpConnection, HttpProtocol, HttpRequest } from '@lamella/http';

/** Tells of each request at the moment when it goes on a connection: after connecting, and once for each attempt. */
export function tracedProtocol(
  inner: HttpProtocol,
  onSent: (request: HttpRequest, isToProxy: boolean, protocol: string) => void,
): HttpProtocol {
  return {
    name: inner.name,
    ...(inner.isMultiplexed === undefined ? {} : { isMultiplexed: inner.isMultiplexed }),
    open(connection, options) {
      return tracedConnection(inner.open(connection, options), (request) =>
        onSent(request, options.isToProxy, inner.name),
      );
    },
  };
}

function tracedConnection(inner: HttpConnection, onSent: (request: HttpRequest) => void): HttpConnection {
  return {
    serve(request) {
      onSent(request);
      return inner.serve(request);
    },
    protocol: inner.protocol,
    extensions: inner.extensions,
    get maxConcurrent() {
      return inner.maxConcurrent;
    },
    get active() {
      return inner.active;
    },
    get state() {
      return inner.state;
    },
    get isInDoubt() {
      return inner.isInDoubt ?? false;
    },
    get failure() {
      return inner.failure;
    },
    get idleSinceMs() {
      return inner.idleSinceMs;
    },
    get peerIdleTimeoutMs() {
      return inner.peerIdleTimeoutMs;
    },
    onChange: (listener) => inner.onChange(listener),
    close: () => inner.close(),
    destroy: (reason) => inner.destroy(reason),
    [Symbol.asyncDispose]: () => inner.close(),
  };
}
