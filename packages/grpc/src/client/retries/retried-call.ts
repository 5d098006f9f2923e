import { addErrorFacts, sleep } from '@lamella/service-core';
import { isGrpcStatusError } from '../../calls/end-of-call.ts';
import type { GrpcCall } from '../../calls/grpc-call.ts';
import type { GrpcReply } from '../../calls/grpc-reply.ts';
import { hasRequestStream } from '../../methods/grpc-method.ts';
import { isUnconnected, isUnprocessed, pushbackOf } from './attempt-failures.ts';
import type { CallAttempts, CallRun } from './call-run.ts';
import { attemptCall } from './call-run.ts';
import type { CheckedRetryPolicy } from './grpc-retry-policy.ts';
import { jitteredBackoff } from './grpc-retry-policy.ts';

/**
 * Makes one attempt after another, until one is for the caller.
 *
 * @remarks
 * Source: gRFC A6. An attempt is for the caller as soon as the server has begun to answer, other than with a status alone; when it ends with
 * OK; and when nothing speaks for another one. For that there are three reasons, which do not touch each other's counts:
 *
 * 1. The server has not looked at the attempt: the next one follows at once, a few times, with any policy and with none.
 * 2. There was no connection, and the call waits for one.
 * 3. The policy says so, the throttle and the server do not object.
 */
export class RetriedCall implements CallAttempts {
  readonly #run: CallRun;
  readonly #policy: CheckedRetryPolicy | undefined;
  readonly #waitsForReady: boolean;
  #number = 0;
  #isCommitted = false;

  constructor(run: CallRun, policy: CheckedRetryPolicy | undefined, waitsForReady: boolean) {
    this.#run = run;
    this.#policy = policy;
    this.#waitsForReady = waitsForReady;
  }

  first(): Promise<GrpcReply> {
    // Without a policy nobody asks which attempt it is.
    return this.#attempt(this.#policy === undefined ? this.#run.call : attemptCall(this.#run, 1, 0));
  }

  async afterFirst(firstFailure: unknown): Promise<GrpcReply> {
    const run = this.#run;
    const steps = new RetrySteps(run, this.#policy, this.#waitsForReady);
    for (let failure = firstFailure; ; ) {
      if (run.scope.aborted) throw failure;
      const delayMs = steps.next(failure, !this.#isCommitted && run.content.canRepeat);
      if (delayMs === undefined) {
        if (this.#number > 1) addErrorFacts(failure, { attempt: this.#number });
        throw failure;
      }
      if (delayMs > 0) await sleep(run.clock, delayMs, run.scope);
      try {
        return await this.#attempt(attemptCall(run, this.#number + 1, steps.previous));
      } catch (next) {
        failure = next;
      }
    }
  }

  #attempt(call: GrpcCall): Promise<GrpcReply> {
    const { scope, encoding, makeAttempt, end: onEnd } = this.#run;
    const content = this.#run.content.attempt();
    this.#number++;
    this.#isCommitted = false;
    const onHead = (): void => {
      this.#isCommitted = true;
      content.commit();
    };
    return makeAttempt({ call, scope, content, encoding, onHead, onEnd });
  }
}

/** Decides after each attempt. */
class RetrySteps {
  readonly #run: CallRun;
  readonly #policy: CheckedRetryPolicy | undefined;
  readonly #waitsForReady: boolean;
  readonly #maxUnprocessed: number;
  #attempts = 1;
  #unprocessed = 0;
  #unconnected = 0;
  /** Since the server last said when it wants the next attempt. */
  #sincePushback = 0;

  constructor(run: CallRun, policy: CheckedRetryPolicy | undefined, waitsForReady: boolean) {
    this.#run = run;
    this.#policy = policy;
    this.#waitsForReady = waitsForReady;
    // What an HTTP client has in its hand it has sent again by itself.
    this.#maxUnprocessed = hasRequestStream(run.call.method.type) ? MAX_UNPROCESSED : 1;
  }

  /** Attempts before the next one that the server may have seen. */
  get previous(): number {
    return this.#attempts - 1;
  }

  /** @returns The wait before the next attempt, in milliseconds; `undefined` if there is none. */
  next(failure: unknown, mayRepeat: boolean): number | undefined {
    if (mayRepeat && isUnprocessed(failure) && this.#unprocessed < this.#maxUnprocessed) {
      this.#unprocessed++;
      return 0;
    }
    if (mayRepeat && this.#waitsForReady && isUnconnected(failure)) {
      this.#unconnected++;
      return jitteredBackoff(READY_MIN_MS, READY_MAX_MS, READY_FACTOR, this.#run.random).delayMs(this.#unconnected);
    }
    return this.#policy && this.#byPolicy(this.#policy, failure, mayRepeat);
  }

  #byPolicy(policy: CheckedRetryPolicy, failure: unknown, mayRepeat: boolean): number | undefined {
    if (!isGrpcStatusError(failure)) return undefined;
    const pushback = pushbackOf(failure);
    const isRetryable = policy.statuses.has(failure.status);
    if (isRetryable || pushback === 'no') this.#run.throttle?.noteFailure();
    if (!isRetryable || pushback === 'no' || !mayRepeat) return undefined;
    if (this.#run.throttle?.allowsRetry === false || this.#attempts >= policy.maxAttempts) return undefined;
    this.#attempts++;
    if (pushback !== undefined) {
      this.#sincePushback = 0;
      return pushback;
    }
    return policy.backoff.delayMs(++this.#sincePushback);
  }
}

/** As often as an HTTP client sends a request again. */
const MAX_UNPROCESSED = 2;
/** connection-backoff.md of grpc/grpc, but sooner and no later than a caller has patience. */
const READY_MIN_MS = 100;
const READY_MAX_MS = 10_000;
const READY_FACTOR = 1.6;
