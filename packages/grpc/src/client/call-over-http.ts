import type { HttpRequest, HttpResponse } from '@lamella/http';
import type { Clock, Service } from '@lamella/service-core';
import { AbortScope } from '@lamella/service-core';
import type { GrpcCall } from '../calls/grpc-call.ts';
import type { GrpcReply } from '../calls/grpc-reply.ts';
import type { GrpcEncoding } from '../codec/grpc-encoding.ts';
import type { GrpcMethod } from '../methods/grpc-method.ts';
import { hasRequestStream, hasResponseStream } from '../methods/grpc-method.ts';
import type { AttemptOverHttpOptions } from './attempt-over-http.ts';
import { attemptOverHttp } from './attempt-over-http.ts';
import { callContent } from './call-content.ts';
import type { CallContent } from './call-content-types.ts';
import type { CallSettings } from './call-settings.ts';
import { OwnCallSettings } from './call-settings.ts';
import type { CallAttempts, CallRun } from './retries/call-run.ts';
import type { GrpcRetryThrottle } from './retries/grpc-retry-throttle.ts';
import { HedgedCall } from './retries/hedged-call.ts';
import { RetriedCall } from './retries/retried-call.ts';
import { toCallFailure } from './to-call-failure.ts';

/** What {@link callOverHttp} needs of the options of its client. */
export interface CallOverHttpOptions extends AttemptOverHttpOptions {
  readonly encoding: GrpcEncoding;
  readonly compressFromBytes: number;
  readonly maxReplayBytes: number;
  /** How calls of each method are made. */
  readonly settings: ReadonlyMap<GrpcMethod, MethodSettings>;
  readonly throttle: GrpcRetryThrottle | undefined;
  readonly clock: Clock;
  readonly random: () => number;
}

/** How calls of a method are made, where they do not say. */
export type MethodSettings = Pick<CallSettings, 'retry' | 'hedging' | 'waitForReady'>;

/** Calls over HTTP, with all attempts at them: the innermost service of a client. */
export function callOverHttp(
  service: Service<HttpRequest, HttpResponse>,
  options: CallOverHttpOptions,
): Service<GrpcCall, GrpcReply> {
  const makeAttempt = attemptOverHttp(service, options);
  return {
    async serve(call) {
      const own = call.extensions.get(OwnCallSettings);
      const { encoding = options.encoding, compresses = always } = own ?? NOTHING;
      const { compressFromBytes, maxReplayBytes, throttle, clock, random } = options;
      // Only a caller's own stream of messages can fail an attempt.
      const scope = hasRequestStream(call.method.type) ? new AbortScope(call.scope) : call.scope;
      let content: CallContent | undefined;
      const end = (): void => {
        if (scope !== call.scope) scope.close();
        content?.end();
      };
      try {
        scope.throwIfAborted();
        const made = callContent(call, scope, { encoding, compressFromBytes, compresses, maxReplayBytes });
        content = made instanceof Promise ? await made : made;
        const run: CallRun = { call, scope, content, encoding, makeAttempt, throttle, clock, random, end };
        const attempts = attemptsOf(run, own, options.settings.get(call.method));
        let reply: GrpcReply;
        try {
          reply = await attempts.first();
        } catch (failure) {
          reply = await attempts.afterFirst(failure);
        }
        throttle?.noteSuccess();
        if (!hasResponseStream(call.method.type)) end();
        return reply;
      } catch (error) {
        const failure = toCallFailure(error, scope, call.deadline);
        end();
        throw failure;
      }
    },
  };
}

/** What a call says for itself stands before what is said of its method; a policy of the one kind drives out that of the other kind. */
function attemptsOf(run: CallRun, own: CallSettings | undefined, method: MethodSettings | undefined): CallAttempts {
  const retry = own?.retry ?? (own?.hedging ? undefined : method?.retry);
  const hedging = own?.hedging ?? (own?.retry ? undefined : method?.hedging);
  if (hedging) return new HedgedCall(run, hedging);
  return new RetriedCall(run, retry === false ? undefined : retry, own?.waitForReady ?? method?.waitForReady ?? false);
}

const NOTHING: Partial<CallSettings> = {};

function always(): boolean {
  return true;
}
