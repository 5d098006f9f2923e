import type { Timer } from '@lamella/service-core';
import { AbortScope, ClosedError, tellFailure } from '@lamella/service-core';
import { isGrpcStatusError } from '../../calls/end-of-call.ts';
import type { GrpcReply } from '../../calls/grpc-reply.ts';
import { hasResponseStream } from '../../methods/grpc-method.ts';
import { isUnprocessed, pushbackOf } from './attempt-failures.ts';
import type { CallAttempts, CallRun } from './call-run.ts';
import { attemptCall } from './call-run.ts';
import type { CheckedHedgingPolicy } from './grpc-retry-policy.ts';

/**
 * A call with several attempts at the same time, of which the first one that is answered is for the caller.
 *
 * @remarks
 * Source: gRFC A6, "Hedging Policy". The next attempt begins when the last one has had no answer for `hedgingDelayMs`; at once when one ends
 * with a status that is not fatal; or when the server says. A status that is fatal, and an answer, end all other attempts.
 */
export class HedgedCall implements CallAttempts {
  readonly #outcome: Promise<GrpcReply>;
  readonly #run: CallRun;
  readonly #policy: CheckedHedgingPolicy;
  readonly #running = new Set<AbortScope>();
  readonly #resolve: (reply: GrpcReply) => void;
  readonly #reject: (error: unknown) => void;
  #timer: Timer | undefined;
  #attempts = 0;
  #unprocessed = 0;
  /** Whether no further attempt begins: the server, or the throttle, has said so, or one is for the caller. */
  #isEnough = false;
  #isOver = false;

  constructor(run: CallRun, policy: CheckedHedgingPolicy) {
    const { promise, resolve, reject } = Promise.withResolvers<GrpcReply>();
    this.#outcome = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#run = run;
    this.#policy = policy;
    // Attempts hear of it by their own scopes; between them there may be nobody who does.
    const listener = run.scope.onAbort((reason) => this.#fail(reason));
    promise.then(
      () => listener.close(),
      () => listener.close(),
    );
    this.#start();
  }

  /** Settles as the call does: nothing comes after it. */
  first(): Promise<GrpcReply> {
    return this.#outcome;
  }

  afterFirst(failure: unknown): Promise<GrpcReply> {
    return Promise.reject(failure);
  }

  #start(): void {
    if (this.#attempts >= this.#policy.maxAttempts || !this.#run.content.canRepeat) return;
    const { content, encoding, makeAttempt, end } = this.#run;
    const scope = new AbortScope(this.#run.scope);
    this.#running.add(scope);
    this.#attempts++;
    const attempt = {
      call: attemptCall(this.#run, this.#attempts + this.#unprocessed, this.#attempts - 1),
      scope,
      content: content.attempt(),
      encoding,
      onHead: () => {
        scope.throwIfAborted(); // another attempt was answered in the same turn
        attempt.content.commit();
        this.#choose(scope);
      },
      onEnd: () => {
        scope.close();
        end();
      },
    };
    makeAttempt(attempt).then(
      (reply) => this.#onReply(scope, reply),
      (failure: unknown) => this.#onFailure(scope, failure),
    );
    this.#schedule(this.#policy.delayMs);
  }

  /** @param failure - What the call ends with, if no attempt may begin by then and none is under way. */
  #schedule(delayMs: number, failure?: unknown): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#isOver || !this.#mayStart) return;
    this.#timer = this.#run.clock.startTimer(delayMs, () => {
      this.#timer = undefined;
      if (this.#mayStart && this.#run.throttle?.allowsRetry !== false) this.#start();
      else if (this.#running.size === 0) this.#fail(failure);
    });
  }

  get #mayStart(): boolean {
    return !this.#isEnough && this.#attempts < this.#policy.maxAttempts && this.#run.content.canRepeat;
  }

  /** This attempt is for the caller, all others are not. */
  #choose(chosen: AbortScope): void {
    this.#isEnough = true;
    this.#timer?.cancel();
    const losers = [...this.#running].filter((scope) => scope !== chosen);
    for (const scope of losers) this.#running.delete(scope);
    abortAll(losers, new ClosedError('another attempt has answered first'));
  }

  #onReply(scope: AbortScope, reply: GrpcReply): void {
    if (!this.#running.has(scope)) return; // aborted, and nobody wants it
    this.#isOver = true;
    if (!hasResponseStream(this.#run.call.method.type)) scope.close();
    this.#resolve(reply);
  }

  #onFailure(scope: AbortScope, failure: unknown): void {
    if (!this.#running.delete(scope)) return; // it was in vain
    scope.close();
    if (this.#isOver) return;
    const { content, throttle } = this.#run;
    if (isUnprocessed(failure) && this.#unprocessed === 0 && content.canRepeat && !this.#isEnough) {
      // The server has not looked at it: it did not count.
      this.#unprocessed++;
      this.#attempts--;
      this.#start();
      return;
    }
    const pushback = isGrpcStatusError(failure) ? pushbackOf(failure) : undefined;
    const isFatal = !(isGrpcStatusError(failure) && this.#policy.statuses.has(failure.status));
    if (!isFatal || pushback === 'no') throttle?.noteFailure();
    if (pushback === 'no' || throttle?.allowsRetry === false) this.#isEnough = true;
    if (isFatal || (this.#running.size === 0 && !this.#mayStart)) this.#fail(failure);
    else if (this.#isEnough || pushback === 'no') this.#timer?.cancel();
    else if (pushback === undefined) this.#start();
    else this.#schedule(pushback, failure);
  }

  #fail(failure: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#isEnough = true;
    this.#timer?.cancel();
    const losers = [...this.#running];
    this.#running.clear();
    this.#reject(failure);
    abortAll(losers, new ClosedError('another attempt has ended the call'));
  }
}

function abortAll(losers: readonly AbortScope[], reason: ClosedError): void {
  for (const loser of losers) {
    try {
      loser.abort(reason);
    } catch (error) {
      // The call has its outcome, and the other attempts shall end as well.
      tellFailure('the end of an attempt that was too late', error);
    }
  }
}
