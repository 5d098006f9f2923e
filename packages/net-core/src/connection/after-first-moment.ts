import type { Clock, Timer } from '@lamella/service-core';

/**
 * Calls `close` when a connection has had its first moment, one second: at once, if that is over.
 *
 * @remarks
 * For servers that leave. Whoever has just connected is about to send, and takes it for a failure when the connection ends under that; one that has said
 * nothing for longer is kept in store, and may be closed.
 *
 * @param sinceMs - When the connection came, on the monotonic clock.
 * @returns What to cancel when something has come, or the connection has ended.
 *
 * @example
 * function leave(clock: Clock, { stream }: Connection, sinceMs: number): Timer | undefined {
 *   return afterFirstMoment(clock, sinceMs, () => stream.destroy());
 * }
 */
export function afterFirstMoment(clock: Clock, sinceMs: number, close: () => void): Timer | undefined {
  const leftMs = sinceMs + FIRST_MOMENT_MS - clock.nowMs();
  if (leftMs > 0) return clock.startTimer(leftMs, close);
  close();
  return undefined;
}

/** Longer than any way there and back, shorter than anybody waits for a program to end. */
const FIRST_MOMENT_MS = 1_000;
