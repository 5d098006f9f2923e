/**
 * Longest wait for a connection that can be used, for clients of commands, in milliseconds.
 *
 * @remarks
 * Each step has the time of `--connect-timeout` by itself: connecting, TLS with a proxy, its answer, TLS with the server. So this is never
 * the first to be over, but where all of them went well and the other side takes no request: HTTP/2 lets it allow no streams.
 *
 * @param connectTimeoutMs - Time of each step, in milliseconds.
 */
export function acquireTimeout(connectTimeoutMs: number): number {
  return STEPS * connectTimeoutMs;
}

const STEPS = 4;
