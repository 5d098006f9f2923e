import type { ProtocolErrorOptions } from '@lamella/service-core';
import { ProtocolError } from '@lamella/service-core';

/** Every `code` of an {@link HpackError}. Minor releases may add codes, never remove one. */
export type HpackErrorCode =
  | 'LML_ERR_HPACK_TRUNCATED'
  | 'LML_ERR_HPACK_INTEGER_TOO_LARGE'
  | 'LML_ERR_HPACK_BAD_INDEX'
  | 'LML_ERR_HPACK_BAD_HUFFMAN'
  | 'LML_ERR_HPACK_BAD_SIZE_UPDATE'
  | 'LML_ERR_HPACK_MISSING_SIZE_UPDATE';

/**
 * The peer sent a block of fields that can't be decoded. RFC 7541.
 *
 * @remarks
 * The tables of both sides are no longer the same after that, so the whole connection ends with `COMPRESSION_ERROR`. RFC 9113
 * section 4.3.
 */
export class HpackError extends ProtocolError {
  static {
    HpackError.prototype.name = 'HpackError';
  }

  readonly code: HpackErrorCode;

  constructor(code: HpackErrorCode, message: string, options: ProtocolErrorOptions = {}) {
    super(message, options);
    this.code = code;
  }
}

/** The block ends inside of a field. */
export function truncated(): HpackError {
  return new HpackError('LML_ERR_HPACK_TRUNCATED', 'the block of fields ends inside of a field');
}
