import type { Clock } from '@lamella/service-core';
import { TimeoutError } from '@lamella/service-core';

/** Waits. Rejects with the reason of the signal if that comes first. */
export function wait(delayMs: number, clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = (): void => {
      timer.cancel();
      reject(signal.reason);
    };
    const timer = clock.startTimer(delayMs, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** Waits for something that goes on without us. Rejects with the reason of the signal if that comes first. */
export function abortable<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/**
 * Does something within a time, whether or not it listens to the signal that it is given.
 *
 * @throws TimeoutError if the time is over; the reason of `signal` if that aborts.
 */
export async function within<Value>(
  timeoutMs: number,
  clock: Clock,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  signal.throwIfAborted();
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const timer = clock.startTimer(timeoutMs, () => {
    const facts = { layer: 'acme', phase: 'request' };
    controller.abort(new TimeoutError({ limit: 'requestTimeoutMs', timeoutMs, facts }));
  });
  const given = controller.signal;
  try {
    return await new Promise<Value>((resolve, reject) => {
      given.addEventListener('abort', () => reject(given.reason), { once: true });
      work(given).then(resolve, reject);
    });
  } finally {
    timer.cancel();
    signal.removeEventListener('abort', onAbort);
  }
}
