import type { LamellaErrorOptions } from '@lamella/service-core';
import { LamellaError } from '@lamella/service-core';

/** Every `code` of a {@link CookieError}. Minor releases may add codes, never remove one. */
export type CookieErrorCode = 'LML_ERR_COOKIE_BAD_JAR';

/** A jar that was written down is no jar, or holds what no cookie may hold. */
export class CookieError extends LamellaError {
  static {
    CookieError.prototype.name = 'CookieError';
  }

  readonly code: CookieErrorCode;

  constructor(code: CookieErrorCode, message: string, options: LamellaErrorOptions = {}) {
    super(message, options);
    this.code = code;
  }
}
