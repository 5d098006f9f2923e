import type { LamellaErrorOptions } from '@lamella/service-core';
import { LamellaError } from '@lamella/service-core';
import { systemCodeOf } from '../errors.ts';

/** Every `code` of a {@link UdpError}. Minor releases may add codes, never remove one. */
export type UdpErrorCode =
  | 'LML_ERR_UDP_TOO_LARGE'
  | 'LML_ERR_UDP_CLOSED'
  | 'LML_ERR_UDP_REFUSED'
  | 'LML_ERR_UDP_UNREACHABLE'
  | 'LML_ERR_UDP_DENIED'
  | 'LML_ERR_UDP_FAILED';

/** A datagram was not sent, or a socket not connected. */
export class UdpError extends LamellaError {
  static {
    UdpError.prototype.name = 'UdpError';
  }

  readonly code: UdpErrorCode;

  constructor(code: UdpErrorCode, message: string, options: LamellaErrorOptions = {}) {
    super(message, options);
    this.code = code;
  }
}

/**
 * The {@link UdpError} of a failure of the system.
 *
 * @param where - The receiver, for the message.
 */
export function toUdpError(error: unknown, where: string): UdpError {
  if (error instanceof UdpError) return error;
  const systemCode = systemCodeOf(error);
  const said = error instanceof Error ? error.message : String(error);
  const { code, advice } = CONDITIONS[systemCode] ?? { code: 'LML_ERR_UDP_FAILED', advice: said };
  const facts = { layer: 'udp', phase: 'send', peer: where, protocolCode: systemCode };
  return new UdpError(code, `cannot send to ${where}: ${advice}`, { cause: error, facts });
}

/** What uses of a closed socket get. */
export function closedError(): UdpError {
  return new UdpError('LML_ERR_UDP_CLOSED', 'the socket is closed');
}

const UNREACHABLE = { code: 'LML_ERR_UDP_UNREACHABLE', advice: 'no way leads there from this socket' } as const;
const CLOSED = { code: 'LML_ERR_UDP_CLOSED', advice: 'the socket is closed' } as const;
const DENIED = { code: 'LML_ERR_UDP_DENIED', advice: 'permission denied' } as const;

const CONDITIONS: Readonly<Record<string, { readonly code: UdpErrorCode; readonly advice: string }>> = {
  EMSGSIZE: { code: 'LML_ERR_UDP_TOO_LARGE', advice: 'the datagram is larger than the way there takes' },
  ECONNREFUSED: { code: 'LML_ERR_UDP_REFUSED', advice: 'nothing listens there' },
  ENETUNREACH: UNREACHABLE,
  EHOSTUNREACH: UNREACHABLE,
  EADDRNOTAVAIL: UNREACHABLE,
  EAFNOSUPPORT: UNREACHABLE,
  EACCES: DENIED,
  EPERM: DENIED,
  ECANCELED: CLOSED,
  ERR_SOCKET_DGRAM_NOT_RUNNING: CLOSED,
};
