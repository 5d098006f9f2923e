import type { ByteStream } from '@lamella/net-core';
import type { Clock } from '@lamella/service-core';
import { systemClock, tellFailure } from '@lamella/service-core';
import { outsideOfCalls } from '../client/outside-of-calls.ts';

/** A connection with something to write. */
export interface TurnWriter {
  /** Writes it. */
  writeTurn(): void;
  /** It could not: the connection must end, since nobody knows what of it was written. */
  failTurn(error: unknown): void;
}

/**
 * Gathers the writes of all connections of a process until the end of a turn of the event loop.
 *
 * @remarks
 * A write to a socket wakes whoever waits for it on the other side. Between two writes that are made as soon as each is due, a peer has the
 * time to do its work and to fall asleep again, and waking it is most of what the next write costs. Written back to back, many find it awake.
 * Nothing waits for longer than the services of others take in the same turn, and the next one that has something to write has all write if a
 * millisecond is over, or 64 wait, since what waits is held in memory. Where turns have but one connection that writes, it writes at once.
 */
export class TurnWrites {
  readonly #clock: Clock;
  readonly #atEndOfTurn: (run: () => void) => void;
  #waiting: TurnWriter[] = [];
  #isScheduled = false;
  #sinceMs = 0;
  /** Writes of the turn so far. */
  #count = 0;
  /** Turns in a row that had but one write. */
  #lonelyTurns = 0;
  /** Writes that are made at once before a turn is looked at again. */
  #atOnce = 0;

  /** @param atEndOfTurn - Calls a function when all that this turn has brought was handled. */
  constructor(clock: Clock, atEndOfTurn: (run: () => void) => void) {
    this.#clock = clock;
    this.#atEndOfTurn = atEndOfTurn;
  }

  /**
   * Has `writer` write at the end of the turn.
   *
   * @returns False if it had better write now, since nobody else does.
   */
  gather(writer: TurnWriter): boolean {
    if (this.#atOnce > 0) {
      this.#atOnce--;
      return false;
    }
    const nowMs = this.#clock.nowMs();
    const { length } = this.#waiting;
    const isLong = length === MAX_WAITING || (length > 0 && nowMs - this.#sinceMs >= MAX_WAIT_MS);
    if (isLong) outsideOfCalls(() => this.#writeAll()); // the others are no part of the call that has come by
    if (this.#waiting.length === 0) this.#sinceMs = nowMs;
    this.#waiting.push(writer);
    this.#count++;
    if (this.#isScheduled) return true;
    this.#isScheduled = true;
    this.#atEndOfTurn(this.#onEndOfTurn);
    return true;
  }

  readonly #onEndOfTurn = (): void => {
    this.#isScheduled = false;
    this.#lonelyTurns = this.#count > 1 ? 0 : this.#lonelyTurns + 1;
    if (this.#lonelyTurns >= LONELY_TURNS) this.#atOnce = WRITES_AT_ONCE;
    this.#count = 0;
    this.#writeAll();
  };

  #writeAll(): void {
    const writers = this.#waiting;
    this.#waiting = [];
    for (const writer of writers) {
      try {
        writer.writeTurn();
      } catch (error) {
        failed(writer, error); // one connection must not keep the others from writing
      }
    }
  }
}

function failed(writer: TurnWriter, error: unknown): void {
  try {
    writer.failTurn(error);
  } catch (worse) {
    tellFailure('the end of a connection', worse);
  }
}

/** Those of this process. */
export const turnWrites: TurnWrites = new TurnWrites(
  systemClock,
  (run) => void outsideOfCalls(() => setImmediate(run)),
);

/** Whether a stream ends in the kernel at once: only then is it worth while to gather what is written to it. Only sockets of the kernel take text. */
export function isKernelSocket(stream: ByteStream): boolean {
  return stream.writeLatin1 !== undefined;
}

/** Taken once: who replaces it for a while, as tests with a time of their own do, must not keep what waits from ever being written. */
const { setImmediate } = globalThis;
const MAX_WAIT_MS = 1;
const MAX_WAITING = 64;
const LONELY_TURNS = 4;
const WRITES_AT_ONCE = 32;
