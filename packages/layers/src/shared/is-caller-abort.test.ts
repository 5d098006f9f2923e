import { LamellaError, TimeoutError } from '@lamella/service-core';
import { testInput } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { isCallerAbort } from './is-caller-abort.ts';

/** As that of gRPC. */
class StatusError extends LamellaError {
  readonly code = 'LML_ERR_GRPC_STATUS';
  readonly statusName: string;

  constructor(statusName: string) {
    super(statusName);
    this.statusName = statusName;
  }
}

const TIMES_UP = { limit: 'timeoutMs', timeoutMs: 10 };

describe('isCallerAbort', () => {
  it.each<[string, unknown, boolean]>([
    ['a reason of its own', new Error('enough'), true],
    ['text', 'enough', true],
    ['what an AbortController gives', new DOMException('aborted', 'AbortError'), true],
    ['a deadline', new TimeoutError(TIMES_UP), false],
    ['a deadline with facts', new TimeoutError({ ...TIMES_UP, facts: { layer: 'timeout' } }), false],
    ['a deadline of AbortSignal.timeout', new DOMException('timed out', 'TimeoutError'), false],
    [
      'a deadline that tells where it was met',
      new TimeoutError({ ...TIMES_UP, facts: { phase: 'response-head' } }),
      false,
    ],
    ['a deadline of gRPC', new StatusError('DEADLINE_EXCEEDED'), false],
    ['another status of gRPC', new StatusError('CANCELLED'), true],
    ['a client that sends too slowly', new TimeoutError({ ...TIMES_UP, facts: { phase: 'request-body' } }), true],
    ['a client that reads too slowly', new TimeoutError({ ...TIMES_UP, facts: { phase: 'write' } }), true],
  ])('by %s: %s', (_what, reason, expected) => {
    const input = testInput('ping');
    expect(isCallerAbort(input, reason)).toBe(false);
    input.scope.abort(reason);
    expect(isCallerAbort(input, reason)).toBe(expected);
    expect(isCallerAbort(input, new Error('something else'))).toBe(false);
  });
});
