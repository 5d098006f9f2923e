import type { Clock, Timer } from '@lamella/service-core';

/**
 * Calls `close` when a connection has had its first moment, one second: in the next turns of the event loop, if that is over.
 *
 * @remarks
 * For servers that leave. Whoever has just connected is about to send, and takes it for a failure when the connection ends under that; one that has said
 * nothing for longer is kept in store, and may be closed: when what the kernel has of it has been read, which may be a request.
 *
 * @param sinceMs - When the connection came, on the monotonic clock.
 * @returns What to cancel when the connection has ended; `close` has to look whether something has come.
 *
 * @example
 * function leave(clock: Clock, { stream }: Connection, sinceMs: number): Timer {
 *   return afterFirstMoment(clock, sinceMs, () => stream.destroy());
 * }
 */
export function afterFirstMoment(clock: Clock, sinceMs: number, close: () => void): Timer {
  const leftMs = sinceMs + FIRST_MOMENT_MS - clock.nowMs();
  return leftMs > 0 ? clock.startTimer(leftMs, close) : afterWhatHasCome(close);
}

/** Sockets are read once in each turn: in the second one, those that were not heard in this turn have been. */
function afterWhatHasCome(run: () => void): Timer {
  let immediate = setImmediate(() => {
    immediate = setImmediate(run);
  });
  return { cancel: () => clearImmediate(immediate) };
}

/** Taken once: tests with a time of their own may replace them for a while. */
const { setImmediate, clearImmediate } = globalThis;
/** Longer than any way there and back, shorter than anybody waits for a program to end. */
const FIRST_MOMENT_MS = 1_000;
