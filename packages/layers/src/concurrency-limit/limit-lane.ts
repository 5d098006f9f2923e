import type { Scoped, Service } from '@lamella/service-core';
import { LimitError } from '@lamella/service-core';
import { disposeOutput } from '../shared/dispose-output.ts';
import type { SlotQueueLimits } from './slot-queue.ts';
import { SlotQueue } from './slot-queue.ts';

/** Sees an output before the caller does, and gives its slot back when that is free. */
export type OutputHook = (output: unknown, release: () => void) => unknown;

/** The slots of one key, and how calls get through them. */
export class LimitLane {
  readonly slots: SlotQueue;
  readonly #onOutput: OutputHook | undefined;
  readonly #onEmpty: () => void;

  constructor(limits: SlotQueueLimits, onOutput: OutputHook | undefined, onEmpty: () => void) {
    this.slots = new SlotQueue(limits);
    this.#onOutput = onOutput;
    this.#onEmpty = onEmpty;
  }

  /** Calls `inner` as soon as there is a slot. Never throws. */
  serve<Input extends Scoped<Input>, Output>(inner: Service<Input, Output>, input: Input): Promise<Output> {
    if (!this.slots.tryTake()) return this.#serveQueued(inner, input);
    try {
      // To know of the end costs one promise. It is the one returned: a rejection nobody handles is still seen.
      return inner.serve(input).then(this.#afterOutput<Output>, this.#afterError);
    } catch (error) {
      this.#release();
      return Promise.reject(error);
    }
  }

  /**
   * Waits by `await`, not by a callback that the queue calls: the inner service then runs in the asynchronous context
   * of its own caller, not in that of the call whose slot it takes over.
   */
  async #serveQueued<Input extends Scoped<Input>, Output>(
    inner: Service<Input, Output>,
    input: Input,
  ): Promise<Output> {
    await this.slots.wait(input.scope);
    let output: Output;
    try {
      input.scope.throwIfAborted();
      output = await inner.serve(input);
    } catch (error) {
      this.#release();
      throw error;
    }
    return this.#afterOutput(output);
  }

  readonly #afterOutput = <Output>(output: Output): Output => {
    if (this.#onOutput === undefined) {
      this.#release();
      return output;
    }
    let isHeld = true;
    const release = (): void => {
      if (!isHeld) return;
      isHeld = false;
      this.#release();
    };
    try {
      return this.#onOutput(output, release) as Output; // the layer has checked the type of what the hook gives
    } catch (error) {
      release();
      disposeOutput(output);
      throw error;
    }
  };

  readonly #afterError = (error: unknown): never => {
    this.#release();
    throw error;
  };

  #release(): void {
    this.slots.release();
    if (this.slots.active === 0) this.#onEmpty();
  }
}

/** One lane for each key that has a call under way, at most `maxKeys` of them. */
export class LimitLanes {
  readonly #limits: SlotQueueLimits;
  readonly #maxKeys: number;
  readonly #onOutput: OutputHook | undefined;
  readonly #lanes = new Map<string | undefined, LimitLane>();

  constructor(limits: SlotQueueLimits, maxKeys: number, onOutput: OutputHook | undefined) {
    this.#limits = limits;
    this.#maxKeys = maxKeys;
    this.#onOutput = onOutput;
  }

  /** Slots that are taken, over all keys. */
  get active(): number {
    return this.#sum(({ slots }) => slots.active);
  }

  /** Waiters, over all keys. */
  get queued(): number {
    return this.#sum(({ slots }) => slots.queued);
  }

  /** Keys that have a call under way. */
  get keys(): number {
    return this.#lanes.size;
  }

  /** The lane of a key; it is forgotten when nothing is under way in it. @throws LimitError beyond `maxKeys`. */
  of(key: string | undefined): LimitLane {
    const known = this.#lanes.get(key);
    if (known !== undefined) return known;
    if (this.#lanes.size >= this.#maxKeys) {
      const facts = { layer: 'concurrency-limit', retryable: true };
      throw new LimitError({ limit: 'maxKeys', maximum: this.#maxKeys, observed: this.#maxKeys + 1, facts });
    }
    const lane = new LimitLane(this.#limits, this.#onOutput, () => this.#lanes.delete(key));
    this.#lanes.set(key, lane);
    return lane;
  }

  #sum(count: (lane: LimitLane) => number): number {
    let total = 0;
    for (const lane of this.#lanes.values()) total += count(lane);
    return total;
  }
}
