import type { LamellaErrorOptions } from '@lamella/service-core';
import { LamellaError } from '@lamella/service-core';
import type { AcmeProblem } from './messages/problem.ts';

/** Every `code` of an {@link AcmeError}. Minor releases may add codes, never remove one. */
export type AcmeErrorCode =
  | 'LML_ERR_ACME_PROBLEM'
  | 'LML_ERR_ACME_BAD_RESPONSE'
  | 'LML_ERR_ACME_TOO_LARGE'
  | 'LML_ERR_ACME_REDIRECT'
  | 'LML_ERR_ACME_INSECURE'
  | 'LML_ERR_ACME_BAD_NONCE'
  | 'LML_ERR_ACME_TERMS'
  | 'LML_ERR_ACME_NO_SOLVER'
  | 'LML_ERR_ACME_CHALLENGE_FAILED'
  | 'LML_ERR_ACME_ORDER_INVALID'
  | 'LML_ERR_ACME_TOO_SLOW'
  | 'LML_ERR_ACME_BAD_CERTIFICATE'
  | 'LML_ERR_ACME_STORAGE';

/** Options of {@link AcmeError}. */
export interface AcmeErrorOptions extends LamellaErrorOptions {
  /** What the server says about it. Default: nothing. */
  readonly problem?: AcmeProblem | undefined;
  /** When to try again at the earliest, in milliseconds from now, as the server asks for. Default: it does not say. */
  readonly retryAfterMs?: number | undefined;
}

/** A certificate could not be had from an ACME server; `code` says why, `problem` what the server says about it. */
export class AcmeError extends LamellaError {
  static {
    AcmeError.prototype.name = 'AcmeError';
  }

  readonly code: AcmeErrorCode;
  /** What the server says about it. */
  readonly problem: AcmeProblem | undefined;
  /** When to try again at the earliest, in milliseconds from when it came. */
  readonly retryAfterMs: number | undefined;

  constructor(code: AcmeErrorCode, message: string, options: AcmeErrorOptions = {}) {
    const { problem, retryAfterMs, facts, cause } = options;
    super(message, { facts: { layer: 'acme', ...facts }, ...(cause === undefined ? {} : { cause }) });
    this.code = code;
    this.problem = problem;
    this.retryAfterMs = retryAfterMs;
  }
}
