import type { LamellaErrorOptions } from '@lamella/service-core';
import { LamellaError, UsageError } from '@lamella/service-core';
import type { Problem } from './problem/problem.ts';

/** Every `code` of a {@link ProblemError}. Minor releases may add codes, never remove one. */
export type ProblemErrorCode = 'LML_ERR_WEB_PROBLEM';

/** An error that says itself which problem the client is told of. */
export class ProblemError extends LamellaError {
  static {
    ProblemError.prototype.name = 'ProblemError';
  }

  readonly code: ProblemErrorCode = 'LML_ERR_WEB_PROBLEM';
  /** What the client is told. */
  readonly problem: Problem;

  /**
   * @param problem - What the client is told.
   * @throws UsageError if its status is not 400 to 599.
   */
  constructor(problem: Problem, options: LamellaErrorOptions = {}) {
    const { status, title = 'problem', detail } = problem;
    if (!(Number.isInteger(status) && status >= 400 && status <= 599)) {
      throw new UsageError(`the status of a problem must be 400 to 599, got ${status}`);
    }
    super(detail ?? `${status} ${title}`, options);
    this.problem = problem;
  }
}

/** Every `code` of a {@link RequestBodyError}. Minor releases may add codes, never remove one. */
export type RequestBodyErrorCode = 'LML_ERR_WEB_BODY_TYPE' | 'LML_ERR_WEB_BODY_SYNTAX' | 'LML_ERR_WEB_BODY_INVALID';

/** One thing that is wrong with the content of a request. */
export interface BodyIssue {
  /** Where, as a JSON Pointer (RFC 6901), such as `'/items/0/name'`; `''` for the whole. */
  readonly pointer: string;
  /** What, as the schema says it. */
  readonly detail: string;
}

/** Options of {@link RequestBodyError}. */
export interface RequestBodyErrorOptions extends LamellaErrorOptions {
  /** What is wrong where. Default: none. */
  readonly issues?: readonly BodyIssue[];
}

/** The content of a request is not what the service takes. */
export class RequestBodyError extends LamellaError {
  static {
    RequestBodyError.prototype.name = 'RequestBodyError';
  }

  readonly code: RequestBodyErrorCode;
  /** What is wrong where, with `LML_ERR_WEB_BODY_INVALID`; else empty. */
  readonly issues: readonly BodyIssue[];

  constructor(code: RequestBodyErrorCode, message: string, options: RequestBodyErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.issues = options.issues ?? [];
  }

  /** Status of the answer: 415, 400 or 422. */
  get statusHint(): number {
    return BODY_STATUS[this.code];
  }
}

const BODY_STATUS: Readonly<Record<RequestBodyErrorCode, number>> = {
  LML_ERR_WEB_BODY_TYPE: 415,
  LML_ERR_WEB_BODY_SYNTAX: 400,
  LML_ERR_WEB_BODY_INVALID: 422,
};

/** Every `code` of a {@link StaticFileError}. Minor releases may add codes, never remove one. */
export type StaticFileErrorCode = 'LML_ERR_WEB_FILE_CHANGED' | 'LML_ERR_WEB_FILE_TRUNCATED';

/** A file changed while it was being sent, so what was sent is no state that it ever had. */
export class StaticFileError extends LamellaError {
  static {
    StaticFileError.prototype.name = 'StaticFileError';
  }

  readonly code: StaticFileErrorCode;

  constructor(code: StaticFileErrorCode, message: string, options: LamellaErrorOptions = {}) {
    super(message, options);
    this.code = code;
  }
}

/** Every `code` of an {@link EventStreamError}. Minor releases may add codes, never remove one. */
export type EventStreamErrorCode = 'LML_ERR_WEB_SSE_STATUS' | 'LML_ERR_WEB_SSE_TYPE' | 'LML_ERR_WEB_SSE_ATTEMPTS';

/** A stream of events that is none, or that does not come back. */
export class EventStreamError extends LamellaError {
  static {
    EventStreamError.prototype.name = 'EventStreamError';
  }

  readonly code: EventStreamErrorCode;

  constructor(code: EventStreamErrorCode, message: string, options: LamellaErrorOptions = {}) {
    super(message, options);
    this.code = code;
  }
}
