import type { ProtocolErrorOptions } from '@lamella/service-core';
import { ProtocolError } from '@lamella/service-core';

/** Every `code` of a {@link MultipartError}. Minor releases may add codes, never remove one. */
export type MultipartErrorCode =
  | 'LML_ERR_WEB_MULTIPART_BOUNDARY'
  | 'LML_ERR_WEB_MULTIPART_HEADER'
  | 'LML_ERR_WEB_MULTIPART_NAME'
  | 'LML_ERR_WEB_MULTIPART_INCOMPLETE';

/** A multipart body breaks the rules of RFC 2046 or RFC 7578. */
export class MultipartError extends ProtocolError {
  static {
    MultipartError.prototype.name = 'MultipartError';
  }

  readonly code: MultipartErrorCode;

  constructor(code: MultipartErrorCode, message: string, options: ProtocolErrorOptions = {}) {
    super(message, options);
    this.code = code;
  }
}
