import type { Clock } from '@lamella/service-core';
import { LimitError, TimeoutError } from '@lamella/service-core';
import type { Connection } from '../connection/connection.ts';
import type { Connector, ConnectRequest } from '../connection/connector.ts';
import type { DialLaneLimits, DialWaiter } from './dial-lane.ts';
import { DialLane } from './dial-lane.ts';

/** Limits of a {@link DialLimiter}, all set and checked. */
export interface DialLimits extends DialLaneLimits {
  /** Most dials under way, over all targets. */
  readonly maxDials: number;
  /** Most dials that wait, over all targets. */
  readonly maxWaiting: number;
  /** Longest wait, in milliseconds. */
  readonly queueTimeoutMs: number;
  /** Most targets that are remembered. */
  readonly maxTargets: number;
  readonly clock: Clock;
}

/** Lets dials start as far as limits and the past of their targets allow. */
export class DialLimiter {
  readonly #limits: DialLimits;
  /** By target; the one used last at the end. */
  readonly #lanes = new Map<string, DialLane>();
  /** Those with somebody waiting; the one that was served last at the end, so that targets take turns. */
  readonly #waitingLanes = new Set<DialLane>();
  #active = 0;
  #waiting = 0;

  constructor(limits: DialLimits) {
    this.#limits = limits;
  }

  /** Dials under way. */
  get active(): number {
    return this.#active;
  }

  /** Dials that wait. */
  get waiting(): number {
    return this.#waiting;
  }

  serve(target: string, request: ConnectRequest, inner: Connector): Promise<Connection> {
    if (request.scope.aborted) return Promise.reject(request.scope.reason);
    const nowMs = this.#limits.clock.nowMs();
    const lane = this.#laneOf(target, nowMs);
    if (lane === undefined) return Promise.reject(this.#tooMany('maxTargets', this.#limits.maxTargets, target));
    const refusal = lane.refusal(nowMs);
    if (refusal !== undefined) return Promise.reject(refusal);
    const dial = (): Promise<Connection> => this.#dial(lane, request, inner);
    if (lane.waiting.size === 0 && this.#mayStart(lane, nowMs)) return dial();
    if (this.#waiting >= this.#limits.maxWaiting) {
      return Promise.reject(this.#tooMany('maxWaitingDials', this.#limits.maxWaiting, target));
    }
    return this.#wait(lane, target, request, dial);
  }

  #mayStart(lane: DialLane, nowMs: number): boolean {
    return this.#active < this.#limits.maxDials && lane.hasSlot && lane.rateWaitMs(nowMs) === 0;
  }

  async #dial(lane: DialLane, request: ConnectRequest, inner: Connector): Promise<Connection> {
    const { clock } = this.#limits;
    this.#active++;
    const started = lane.start(clock.nowMs());
    let isConnected = false;
    let failure: unknown;
    try {
      const connection = await inner.serve(request);
      isConnected = true;
      return connection;
    } catch (error) {
      if (!request.scope.aborted) failure = error; // a dial that was given up says nothing
      throw error;
    } finally {
      this.#active--;
      lane.end({ started, isConnected, error: failure }, clock.nowMs());
      this.#startMore();
    }
  }

  #wait(lane: DialLane, target: string, request: ConnectRequest, dial: () => Promise<Connection>): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const { clock, queueTimeoutMs: timeoutMs } = this.#limits;
      const waiter: DialWaiter = { dial, resolve, reject };
      lane.waiting.add(waiter);
      this.#waitingLanes.add(lane);
      this.#waiting++;
      waiter.timer = clock.startTimer(timeoutMs, () => {
        this.#leave(lane, waiter);
        reject(new TimeoutError({ limit: 'queueTimeoutMs', timeoutMs, facts: queueFacts(target) }));
      });
      waiter.listener = request.scope.onAbort((reason) => {
        this.#leave(lane, waiter);
        reject(reason);
      });
      this.#watchRate(lane, clock.nowMs());
    });
  }

  /** Something has ended or become possible: starts what may start, each target in its turn. */
  #startMore(): void {
    const nowMs = this.#limits.clock.nowMs();
    for (const lane of [...this.#waitingLanes]) this.#refuseWaiting(lane, nowMs);
    for (let hasStarted = true; hasStarted; ) {
      hasStarted = false;
      for (const lane of [...this.#waitingLanes]) {
        const [waiter] = lane.waiting;
        if (waiter === undefined || !this.#mayStart(lane, nowMs)) continue;
        this.#leave(lane, waiter);
        if (this.#waitingLanes.delete(lane)) this.#waitingLanes.add(lane);
        waiter.resolve(waiter.dial());
        hasStarted = true;
      }
    }
    for (const lane of this.#waitingLanes) this.#watchRate(lane, nowMs);
  }

  /** Whoever waits for a target that has failed hears of it now. */
  #refuseWaiting(lane: DialLane, nowMs: number): void {
    for (const waiter of [...lane.waiting]) {
      const refusal = lane.refusal(nowMs);
      if (refusal === undefined) return;
      this.#leave(lane, waiter);
      waiter.reject(refusal);
    }
  }

  #watchRate(lane: DialLane, nowMs: number): void {
    if (lane.timer !== undefined || lane.waiting.size === 0 || !lane.hasSlot) return;
    const waitMs = lane.rateWaitMs(nowMs);
    if (waitMs === 0) return; // waits for a slot, and the end of some dial tells
    lane.timer = this.#limits.clock.startTimer(waitMs, () => {
      lane.timer = undefined;
      this.#startMore();
    });
  }

  #leave(lane: DialLane, waiter: DialWaiter): void {
    if (!lane.waiting.delete(waiter)) return;
    this.#waiting--;
    waiter.timer?.cancel();
    waiter.listener?.close();
    if (lane.waiting.size > 0) return;
    this.#waitingLanes.delete(lane);
    lane.timer?.cancel();
    lane.timer = undefined;
  }

  /** @returns `undefined` if as many targets as may be are being dialled already. */
  #laneOf(target: string, nowMs: number): DialLane | undefined {
    const known = this.#lanes.get(target);
    const lane = known ?? new DialLane(target, this.#limits);
    if (known === undefined && !this.#makeRoom(nowMs)) return undefined;
    this.#lanes.delete(target);
    this.#lanes.set(target, lane);
    return lane;
  }

  /** Forgets a few targets of long ago, and at the limit the one that was used least recently. */
  #makeRoom(nowMs: number): boolean {
    let left = 2; // two for each new one: those that are forgotten never pile up
    for (const [target, lane] of this.#lanes) {
      if (left-- === 0 || !lane.isForgotten(nowMs)) break;
      this.#lanes.delete(target);
    }
    if (this.#lanes.size < this.#limits.maxTargets) return true;
    for (const [target, lane] of this.#lanes) {
      if (lane.isIdle) return this.#lanes.delete(target);
    }
    return false;
  }

  #tooMany(limit: string, maximum: number, target: string): LimitError {
    return new LimitError({ limit, maximum, observed: maximum + 1, facts: queueFacts(target) });
  }
}

/** Nothing was dialled, so trying again is safe. */
function queueFacts(peer: string): { layer: string; phase: string; peer: string; retryable: boolean } {
  return { layer: 'dial-limit', phase: 'queue', peer, retryable: true };
}
