import type { ByteStream, Connection } from '@lamella/net-core';
import { closeGently, ServerName } from '@lamella/net-core';
import type { Layer, Service } from '@lamella/service-core';
import { systemClock, UsageError } from '@lamella/service-core';
import type { ClientHello } from '../codec/client-hello/client-hello.ts';
import { ClientHelloDecoder } from '../codec/client-hello/client-hello-decoder.ts';
import { ClientHelloError } from '../errors.ts';
import { TlsFingerprints } from '../fingerprint/tls-fingerprints.ts';
import { ClientFingerprints, ReceivedClientHello } from '../keys.ts';
import type { PeekClientHelloOptions } from './peek-client-hello.ts';
import { peekClientHello } from './peek-client-hello.ts';
import { sendAlert } from './send-alert.ts';

/** Options of {@link clientHelloLayer}. */
export interface ClientHelloLayerOptions extends PeekClientHelloOptions {
  /**
   * Serves connections that speak something else than TLS, such as plain HTTP; it gets all of their bytes. Default: they are refused with
   * `LML_ERR_CLIENT_HELLO_PLAIN_HTTP` or `LML_ERR_CLIENT_HELLO_NOT_TLS`.
   */
  readonly notTls?: Service<Connection, void>;
}

/**
 * Reads the ClientHello of each connection before anybody answers it, and passes the connection on with all of its bytes.
 *
 * @remarks
 * Belongs outside of `tlsAcceptLayer`, or of whatever passes the bytes on without decrypting them. Afterwards the store of the connection
 * has `ReceivedClientHello`, `ClientFingerprints`, and `ServerName` if the client names a host; for requests too.
 *
 * A client that breaks a rule of TLS gets the alert for it. A connection that ends before its first byte, as health checks do it, is
 * nothing to complain about; nor is one that has said nothing when the `lifecycle` drains: it is closed.
 *
 * @throws UsageError at construction if an option is out of its range. The service rejects with what {@link peekClientHello} rejects with;
 * the connection is closed then.
 *
 * @example
 * import type { Connection } from '@lamella/net-core';
 * import { serviceFn, stack } from '@lamella/service-core';
 *
 * const logged = stack(
 *   clientHelloLayer({ timeoutMs: 5_000 }),
 *   serviceFn(async ({ extensions, stream }: Connection) => {
 *     console.log(extensions.get(ReceivedClientHello)?.serverName, extensions.get(ClientFingerprints)?.ja4);
 *     await stream.closeWrite();
 *   }),
 * );
 */
export function clientHelloLayer(options: ClientHelloLayerOptions = {}): Layer<Connection, void> {
  checkClientHelloOptions(options);
  const { notTls, clock = systemClock } = options;
  return (inner) => ({
    async serve(connection) {
      const { stream, extensions, scope } = connection;
      let hello: ClientHello | undefined;
      try {
        hello = await peekClientHello(connection, options);
      } catch (error) {
        if (notTls !== undefined && speaksSomethingElse(error)) return notTls.serve(connection);
        close(stream, scope.aborted ? scope.reason : error);
        throw error;
      }
      if (hello === undefined) return closeGently(stream, clock);
      extensions.insert(ReceivedClientHello, hello);
      extensions.insert(ClientFingerprints, new TlsFingerprints(hello));
      const { serverName } = hello;
      if (serverName !== undefined) extensions.insert(ServerName, serverName);
      return inner.serve(connection);
    },
  });
}

/** Checks options of {@link clientHelloLayer}. @throws UsageError if one is out of its range. */
export function checkClientHelloOptions(options: ClientHelloLayerOptions): void {
  const { timeoutMs = 10_000 } = options;
  if (!(timeoutMs > 0)) throw new UsageError(`timeoutMs must be > 0, got ${timeoutMs}`);
  void new ClientHelloDecoder(options);
}

function speaksSomethingElse(error: unknown): boolean {
  return (
    error instanceof ClientHelloError &&
    (error.code === 'LML_ERR_CLIENT_HELLO_PLAIN_HTTP' || error.code === 'LML_ERR_CLIENT_HELLO_NOT_TLS')
  );
}

function close(stream: ByteStream, error: unknown): void {
  const alert = error instanceof ClientHelloError ? error.alertHint : undefined;
  if (alert === undefined) stream.destroy(error);
  else sendAlert(stream, alert);
}
