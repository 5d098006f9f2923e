import type { Connection, RelayOutcome } from '@lamella/net-core';
import { formatAddress, PeerAddress } from '@lamella/net-core';
import { TlsSessionError } from '@lamella/tls';
import { messageOf } from '../cli-error.ts';

/** One line for a connection that has ended, with the reason if TLS was it: with TLS 1.3, refusals come after the handshake. */
export function endLine(
  { reason, bytesUp, bytesDown, ageMs, error }: RelayOutcome,
  { extensions }: Connection,
): string {
  const peer = extensions.get(PeerAddress);
  const from = peer === undefined ? '-' : formatAddress(peer);
  const cause = error instanceof Error ? error.cause : undefined;
  const why = cause instanceof TlsSessionError ? `; ${messageOf(cause)}` : '';
  return `${from} ended by ${reason}: ${bytesUp} bytes up, ${bytesDown} down, ${ageMs.toFixed(1)}ms${why}`;
}
