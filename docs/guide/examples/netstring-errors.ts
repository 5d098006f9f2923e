import { ProtocolError } from '@lamella/service-core';

/** Every `code` of a {@link NetstringError}. */
export type NetstringErrorCode = 'NETSTRING_BAD_LENGTH' | 'NETSTRING_TOO_LONG' | 'NETSTRING_BAD_END';

/** The peer has sent what is no netstring. */
export class NetstringError extends ProtocolError {
  readonly code: NetstringErrorCode;

  constructor(code: NetstringErrorCode, message: string) {
    super(message);
    this.name = 'NetstringError';
    this.code = code;
  }
}
