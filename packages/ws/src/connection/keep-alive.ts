import type { Clock, Timer } from '@lamella/service-core';

/** How long a connection may be silent. All in milliseconds. */
export interface KeepAliveOptions {
  readonly pingIntervalMs: number;
  readonly pongTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

/** What {@link KeepAlive} asks for. */
export interface KeepAliveSubject {
  /** Whether bytes of the peer are read at the moment; while they are not, its silence means nothing. */
  readonly isListening: boolean;
  sendPing(): void;
  onSilent(): void;
  onIdle(): void;
}

/** Pings a silent peer, gives up on one that does not answer, and ends a connection that nobody uses: with one timer. */
export class KeepAlive {
  readonly #clock: Clock;
  readonly #options: KeepAliveOptions;
  readonly #subject: KeepAliveSubject;
  #heardMs: number;
  #usedMs: number;
  #pingedMs: number | undefined;
  #timer: Timer | undefined;
  #isStopped = false;

  constructor(clock: Clock, options: KeepAliveOptions, subject: KeepAliveSubject) {
    this.#clock = clock;
    this.#options = options;
    this.#subject = subject;
    this.#heardMs = this.#usedMs = clock.coarseNowMs();
    this.#arm();
  }

  /** The peer has sent bytes: whatever they are, it is there. */
  heard(): void {
    this.#heardMs = this.#clock.coarseNowMs();
  }

  /** A message has come or gone. */
  used(): void {
    this.#usedMs = this.#clock.coarseNowMs();
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #arm(): void {
    const { pingIntervalMs, pongTimeoutMs, idleTimeoutMs } = this.#options;
    const silentMs = this.#pingedMs === undefined ? this.#heardMs + pingIntervalMs : this.#pingedMs + pongTimeoutMs;
    const nextMs = Math.min(silentMs, this.#usedMs + idleTimeoutMs);
    if (nextMs === Number.POSITIVE_INFINITY) return;
    const leftMs = Math.max(1, nextMs - this.#clock.coarseNowMs());
    this.#timer = this.#clock.startTimer(leftMs, () => this.#elapsed());
  }

  #elapsed(): void {
    const nowMs = this.#clock.coarseNowMs();
    if (nowMs >= this.#usedMs + this.#options.idleTimeoutMs) this.#subject.onIdle();
    else this.#lookForSilence(nowMs);
    if (!this.#isStopped) this.#arm();
  }

  #lookForSilence(nowMs: number): void {
    if (!this.#subject.isListening) this.#heardMs = nowMs;
    if (this.#pingedMs !== undefined && this.#heardMs >= this.#pingedMs) this.#pingedMs = undefined;
    if (this.#pingedMs !== undefined) {
      if (nowMs >= this.#pingedMs + this.#options.pongTimeoutMs) this.#subject.onSilent();
    } else if (nowMs >= this.#heardMs + this.#options.pingIntervalMs) {
      this.#pingedMs = nowMs;
      this.#subject.sendPing();
    }
  }
}
