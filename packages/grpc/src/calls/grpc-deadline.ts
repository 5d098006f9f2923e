import type { AbortScope, Clock, ExtensionKey, Timer } from '@lamella/service-core';
import { extensionKey } from '@lamella/service-core';
import { GrpcStatus } from '../codec/grpc-status.ts';
import { GrpcStatusError } from '../errors.ts';

/** The time by which a call must be over. On a clock that does not jump. */
export class GrpcDeadline {
  readonly #clock: Clock;
  /** As `clock.nowMs()` will then say, in milliseconds. */
  readonly #atMs: number;

  private constructor(clock: Clock, atMs: number) {
    this.#clock = clock;
    this.#atMs = atMs;
  }

  /** Makes a deadline. @param timeoutMs - Milliseconds from now; 0 and less is a deadline that has passed. */
  static after(timeoutMs: number, clock: Clock): GrpcDeadline {
    return new GrpcDeadline(clock, clock.nowMs() + timeoutMs);
  }

  /** Milliseconds that are left; 0 and less if none are. */
  get remainingMs(): number {
    return this.#atMs - this.#clock.nowMs();
  }

  /** Whether it has passed. */
  get isOver(): boolean {
    return this.remainingMs <= 0;
  }
}

/**
 * When the call that a request carries must be over: a server writes it to the store of the request, and calls that have the request as their
 * `parent` keep to it, whoever makes them.
 */
export const CallDeadline: ExtensionKey<GrpcDeadline, 'request'> = extensionKey('grpc/call-deadline', {
  scope: 'request',
});

/** Aborts a scope with DEADLINE_EXCEEDED when the deadline passes. Without a deadline nothing is started. */
export function enforceDeadline(
  deadline: GrpcDeadline | undefined,
  scope: AbortScope,
  clock: Clock,
): Timer | undefined {
  return deadline && clock.startTimer(Math.max(0, deadline.remainingMs), () => scope.abort(deadlineExceeded()));
}

/** What a call ends with when its time is over. */
export function deadlineExceeded(cause?: unknown): GrpcStatusError {
  const options = cause === undefined ? {} : { cause };
  return new GrpcStatusError(GrpcStatus.DEADLINE_EXCEEDED, 'the deadline has passed', options);
}
