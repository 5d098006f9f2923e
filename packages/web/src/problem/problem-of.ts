import { errorResponse } from '@lamella/http';
import { LimitError } from '@lamella/service-core';
import { MultipartError } from '../codec/multipart-errors.ts';
import { ProblemError, RequestBodyError } from '../errors.ts';
import type { Problem } from './problem.ts';

/**
 * The problem that a client is told of an error.
 *
 * @remarks
 * - ProblemError: what it says itself.
 * - RequestBodyError: 415, 400 or 422, with its message, and with its issues as the member `errors`.
 * - MultipartError: 400, with its message.
 * - LimitError of a body (`facts.phase` is `body`): 413, with the name of the limit and its maximum.
 * - Anything else: the status of `errorResponse`, and nothing of the error.
 */
export function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof RequestBodyError) return bodyProblem(error);
  if (error instanceof MultipartError) return { status: 400, detail: error.message };
  if (error instanceof LimitError && error.facts.phase === 'body') {
    const { limit, maximum } = error;
    return { status: 413, detail: `the content goes beyond ${limit} (${maximum})`, extensions: { limit, maximum } };
  }
  return { status: errorResponse(error).status };
}

function bodyProblem({ statusHint, message, issues }: RequestBodyError): Problem {
  const problem = { status: statusHint, detail: message };
  return issues.length === 0 ? problem : { ...problem, extensions: { errors: issues } };
}
