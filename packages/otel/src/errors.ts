import type { LamellaErrorOptions } from '@lamella/service-core';
import { LamellaError } from '@lamella/service-core';

/** Every `code` of an {@link OtlpError}. Minor releases may add codes, never remove one. */
export type OtlpErrorCode =
  | 'LML_ERR_OTLP_BAD_MESSAGE'
  | 'LML_ERR_OTLP_REFUSED'
  | 'LML_ERR_OTLP_UNAVAILABLE'
  | 'LML_ERR_OTLP_QUEUE_FULL';

/** Telemetry could not be read, or could not be handed over. */
export class OtlpError extends LamellaError {
  static {
    OtlpError.prototype.name = 'OtlpError';
  }

  readonly code: OtlpErrorCode;

  constructor(code: OtlpErrorCode, message: string, options: LamellaErrorOptions = {}) {
    super(message, options);
    this.code = code;
  }
}
