import type { TLSSocket } from 'node:tls';
import type { TlsFacts } from '@lamella/net-core';

/** What is known of a session whose handshake is done. */
export function sessionFacts(socket: TLSSocket): TlsFacts {
  const { standardName, name } = socket.getCipher();
  return {
    version: socket.getProtocol() ?? 'unknown',
    cipher: standardName ?? name,
    isResumed: socket.isSessionReused(),
  };
}
