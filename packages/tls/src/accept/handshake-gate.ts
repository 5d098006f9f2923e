import type { AbortScope, Clock, Timer } from '@lamella/service-core';
import { LimitError, TimeoutError } from '@lamella/service-core';
import type { Turn } from './turns-by-source.ts';
import { TurnsBySource } from './turns-by-source.ts';

/** Limits of a {@link HandshakeGate}. */
export interface HandshakeGateOptions {
  readonly maxConcurrentHandshakes: number;
  readonly maxWaitingHandshakes: number;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** Who wants to make a handshake. */
export interface HandshakeEntrant {
  /** Where it comes from: those who wait have their turns by that, so that many of one place do not stand before those of others. */
  readonly source: string;
  /** Whether it is us who take our time, and not the client. */
  readonly isBusy: () => boolean;
  /** Ends its handshake, after which it leaves. */
  readonly evict: (reason: TimeoutError) => void;
}

/**
 * Lets in so many at a time; the others wait in line, not for ever, and not too many of them.
 *
 * @remarks
 * To be in costs a client nothing: whoever sends a ClientHello and no more would keep others out for `timeoutMs`. So while somebody waits,
 * clients that have been waited for {@link patienceMs} have to go, those that came first before others.
 */
export class HandshakeGate {
  /** How long a client is waited for while others wait for their turn, in milliseconds. */
  readonly patienceMs: number;
  readonly #options: HandshakeGateOptions;
  readonly #waiting = new TurnsBySource();
  /** Who is in, and since when it has been waited for. */
  readonly #inside = new Map<HandshakeEntrant, number>();
  /** Turns that were given to who has not come in yet. */
  #reserved = 0;
  #sweep: Timer | undefined;

  constructor(options: HandshakeGateOptions) {
    this.#options = options;
    this.patienceMs = options.timeoutMs / 10;
  }

  /**
   * Enters, at once if there is room.
   *
   * @returns `undefined` if there was room, else a promise to wait for. It rejects with LimitError, TimeoutError or the reason of
   * `scope`; who is in has to {@link leave}.
   */
  enter(scope: AbortScope, entrant: HandshakeEntrant): Promise<void> | undefined {
    const { maxConcurrentHandshakes, maxWaitingHandshakes, clock } = this.#options;
    if (this.#inside.size + this.#reserved < maxConcurrentHandshakes) {
      this.#inside.set(entrant, clock.nowMs());
      return undefined;
    }
    if (this.#waiting.size < maxWaitingHandshakes) return this.#wait(scope, entrant);
    const observed = this.#waiting.size + 1;
    const refusal = new LimitError({
      limit: 'maxWaitingHandshakes',
      maximum: maxWaitingHandshakes,
      observed,
      facts: FACTS,
    });
    // Else whoever comes in crowds would keep everybody else from waiting at all.
    const crowding = this.#waiting.giveWay(entrant.source);
    if (crowding === undefined) return Promise.reject(refusal);
    crowding.refuse(refusal);
    return this.#wait(scope, entrant);
  }

  /** Makes room: of those who wait, one has its turn. */
  leave(entrant: HandshakeEntrant): void {
    if (this.#inside.delete(entrant)) this.#next();
  }

  #next(): void {
    const turn = this.#waiting.take();
    if (turn === undefined) return;
    this.#reserved++;
    turn.give();
  }

  async #wait(scope: AbortScope, entrant: HandshakeEntrant): Promise<void> {
    const { timeoutMs, clock } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const turn: Turn = { give: resolve, refuse: reject };
    // At once, not when the promise is looked at: a turn that was given to who has left would be lost.
    const giveUp = (reason: unknown): void => {
      this.#waiting.remove(entrant.source, turn);
      reject(reason);
    };
    this.#waiting.add(entrant.source, turn);
    this.#sweep ??= this.#sweepLater();
    const timer = clock.startTimer(timeoutMs, () =>
      giveUp(new TimeoutError({ limit: 'timeoutMs', timeoutMs, facts: FACTS })),
    );
    const listener = scope.onAbort(giveUp);
    try {
      await promise;
      this.#reserved--;
      this.#inside.set(entrant, clock.nowMs());
    } finally {
      timer.cancel();
      listener.close();
      if (this.#waiting.size === 0) this.#stopSweeping();
    }
  }

  #sweepLater(): Timer {
    return this.#options.clock.startTimer(this.patienceMs / 4, () => {
      this.#sweep = this.#sweepLater();
      this.#makeRoom();
    });
  }

  #stopSweeping(): void {
    this.#sweep?.cancel();
    this.#sweep = undefined;
  }

  /** Sends away as many as others wait, at the most. */
  #makeRoom(): void {
    const nowMs = this.#options.clock.nowMs();
    let wanted = this.#waiting.size;
    for (const [entrant, sinceMs] of [...this.#inside]) {
      if (wanted === 0) return;
      if (entrant.isBusy()) this.#inside.set(entrant, nowMs);
      else if (nowMs - sinceMs >= this.patienceMs) {
        wanted--;
        entrant.evict(new TimeoutError({ limit: 'maxConcurrentHandshakes', timeoutMs: this.patienceMs, facts: FACTS }));
      }
    }
  }
}

const FACTS = { layer: 'tls', phase: 'handshake' } as const;
