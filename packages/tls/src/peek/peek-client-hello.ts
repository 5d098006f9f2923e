import type { Connection } from '@lamella/net-core';
import { ByteCursor, peek } from '@lamella/net-core';
import type { Clock, Lifecycle } from '@lamella/service-core';
import type { ClientHello } from '../codec/client-hello/client-hello.ts';
import type { ClientHelloLimits } from '../codec/client-hello/client-hello-decoder.ts';
import { ClientHelloDecoder } from '../codec/client-hello/client-hello-decoder.ts';
import { ClientHelloError } from '../errors.ts';

/** Options of {@link peekClientHello}. */
export interface PeekClientHelloOptions extends ClientHelloLimits {
  /** Longest wait for the whole ClientHello, in milliseconds, greater than 0. Default 10_000. */
  readonly timeoutMs?: number;
  /** Where a peer that has said nothing takes part in draining: it is not waited for any more once it is a second old. Default: nowhere. */
  readonly lifecycle?: Lifecycle;
  /** Source of timers. Default: the system clock. */
  readonly clock?: Clock;
}

/**
 * Reads the ClientHello that a connection starts with, and puts every byte back.
 *
 * @remarks
 * Whoever comes next, such as `tlsAcceptLayer`, gets the same bytes as if nobody had looked, and the kernel's socket if there is one: it
 * costs no byte on its way through JavaScript. The limits bound what is read; nothing of the connection is changed, whatever the outcome.
 *
 * @returns The hello; `undefined` if the peer has ended before its first byte, as health checks do it, or was let go by a drain.
 * @throws ClientHelloError if the connection starts with something else; TimeoutError (`timeoutMs`) if it does not come; StreamError if the
 * stream fails; the reason of the connection if it is aborted; UsageError if an option is out of its range.
 *
 * @example
 * import type { Connection } from '@lamella/net-core';
 * import { serviceFn } from '@lamella/service-core';
 *
 * const greet = serviceFn(async (connection: Connection) => {
 *   const hello = await peekClientHello(connection, { timeoutMs: 5_000 });
 *   console.log(hello?.serverName, hello?.alpnProtocols);
 * });
 */
export async function peekClientHello(
  connection: Connection,
  options: PeekClientHelloOptions = {},
): Promise<ClientHello | undefined> {
  const { maxBytes = 16_384, timeoutMs = 10_000, lifecycle, clock } = options;
  const decoder = new ClientHelloDecoder(options);
  const outcome = await peek(
    connection.stream,
    (bytes) => {
      const hello = decoder.decode(new ByteCursor(bytes, decoder.byteCount));
      return hello === undefined ? { type: 'more' } : { type: 'match', value: hello };
    },
    {
      maxBytes,
      timeoutMs,
      onTimeout: 'fail-closed',
      signal: connection.signal,
      ...(lifecycle === undefined ? {} : { lifecycle }),
      ...(clock === undefined ? {} : { clock }),
    },
  );
  if (outcome.type === 'match') return outcome.value;
  // The decoder refuses what does not fit before the peek comes to its own limit.
  if (decoder.byteCount === 0) return undefined;
  throw new ClientHelloError(
    'LML_ERR_CLIENT_HELLO_UNEXPECTED_END',
    `the connection ended after ${decoder.byteCount} bytes of its ClientHello`,
  );
}
