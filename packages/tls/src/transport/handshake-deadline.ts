import type { AbortScope, Clock, Timer } from '@lamella/service-core';
import { TimeoutError } from '@lamella/service-core';
import { TlsError } from '../errors.ts';
import { handshakeMessage, peerFacts } from '../failure/to-tls-error.ts';

/** Limits of a handshake. */
export interface HandshakeLimits {
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Whose abort ends it. */
  readonly scope: AbortScope;
  /** The other side, for messages. */
  readonly peer: string | undefined;
}

/** The time of a handshake, all steps of it together. Begins when it is made, and has to be closed. */
export class HandshakeDeadline {
  readonly #over = Promise.withResolvers<never>();
  readonly #timer: Timer;
  readonly #listener: { close(): void };

  constructor({ timeoutMs, clock, scope, peer }: HandshakeLimits) {
    this.#over.promise.catch(() => {}); // whoever races hears of it
    this.#timer = clock.startTimer(timeoutMs, () => this.#over.reject(timedOut(peer, timeoutMs)));
    this.#listener = scope.onAbort(this.abort);
  }

  /** Waits for a step. @throws TlsError `LML_ERR_TLS_TIMEOUT` if time is up first; the reason if the scope is aborted first. */
  race<Result>(step: Promise<Result>): Promise<Result> {
    return Promise.race([this.#over.promise, step]);
  }

  /** Ends it now: whoever races gets the reason. */
  readonly abort = (reason: unknown): void => this.#over.reject(reason);

  close(): void {
    this.#timer.cancel();
    this.#listener.close();
  }
}

function timedOut(peer: string | undefined, timeoutMs: number): TlsError {
  const cause = new TimeoutError({
    limit: 'timeoutMs',
    timeoutMs,
    facts: { phase: 'handshake', ...peerFacts(peer).facts },
  });
  const why = `not done within ${timeoutMs} ms; the peer accepts connections and does not answer, or timeoutMs is too short`;
  return new TlsError('LML_ERR_TLS_TIMEOUT', handshakeMessage(peer, why), { cause, ...peerFacts(peer) });
}

/** Says that a client was not waited for any longer, since others have waited for their turn. @param cause - What has limited them. */
export function handshakeOutOfTurn(peer: string | undefined, cause: TimeoutError): TlsError {
  const why = `not done within ${cause.timeoutMs} ms, while others had to wait: ${cause.limit} handshakes were under way`;
  return new TlsError('LML_ERR_TLS_TIMEOUT', handshakeMessage(peer, why), { cause, ...peerFacts(peer) });
}
