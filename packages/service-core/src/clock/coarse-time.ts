import { outsideOfCalls } from './outside-of-calls.ts';

/**
 * The monotonic time of the machine, up to 50 ms behind.
 *
 * @remarks
 * Reading the clock of the machine costs as much as a small layer, and a busy connection asks several times a request. A
 * system timer refreshes the value while somebody reads it, and stops when nobody does: an idle process is not woken.
 */
export function coarseNowMs(): number {
  wasRead = true;
  if (!isTicking) startTicking();
  return coarseMs;
}

/** How far behind {@link coarseNowMs} may be, in milliseconds, as long as the event loop is not blocked. */
export const COARSE_TICK_MS = 50;

function startTicking(): void {
  isTicking = true;
  coarseMs = performance.now();
  outsideOfCalls(() => setTimeout(tick, COARSE_TICK_MS).unref());
}

function tick(): void {
  isTicking = false;
  if (!wasRead) return;
  wasRead = false;
  startTicking();
}

let coarseMs = 0;
let isTicking = false;
let wasRead = false;
