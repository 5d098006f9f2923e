import { UsageError } from '@lamella/service-core';

/** How long a side waits for its peer. Every value in milliseconds, greater than 0, `Infinity` for no limit. */
export interface Http2Timeouts {
  /** For the first SETTINGS of the peer, and for its acknowledgement of ours. Default 10_000. */
  readonly settingsTimeoutMs: number;
  /** For the rest of a field section that has begun. Default 20_000. */
  readonly headerTimeoutMs: number;
  /** For the next request on a connection without streams; servers only. Default 95_000. */
  readonly idleTimeoutMs: number;
  /** For the head of a response, from the end of its request on; clients only. Default 120_000. */
  readonly responseHeadTimeoutMs: number;
  /** Window in which a body must come on by `minBodyBytesPerSecond`, while it is being read. Default 30_000, for clients 120_000. */
  readonly bodyProgressTimeoutMs: number;
  /** Slowest body, in bytes per second over each such window, at least 0. Default 50, for clients 0, which still asks for one byte. */
  readonly minBodyBytesPerSecond: number;
  /** For the peer to take some of what was written, and to give a stream with content room for more. Default 60_000. */
  readonly writeTimeoutMs: number;
  /** Time without a byte from the peer after which it is asked for a sign of life, while streams are open. Default `Infinity`, for clients 330_000. */
  readonly keepAliveMs: number;
  /** For the answer to that. Default 20_000. */
  readonly pingTimeoutMs: number;
}

/** Fills in defaults. @throws UsageError if a value is out of its range. */
export function fullHttp2Timeouts(role: 'client' | 'server', timeouts: Partial<Http2Timeouts> = {}): Http2Timeouts {
  const given = Object.entries(timeouts).filter(([, value]) => value !== undefined);
  const full: Http2Timeouts = { ...DEFAULTS[role], ...Object.fromEntries(given) };
  for (const [name, value] of Object.entries(full)) {
    const isRate = name === 'minBodyBytesPerSecond';
    if (!(isRate ? value >= 0 : value > 0))
      throw new UsageError(`${name} must be ${isRate ? '>= 0' : '> 0'}, got ${value}`);
  }
  return full;
}

const COMMON = {
  settingsTimeoutMs: 10_000,
  headerTimeoutMs: 20_000,
  idleTimeoutMs: 95_000,
  responseHeadTimeoutMs: 120_000,
  writeTimeoutMs: 60_000,
  keepAliveMs: Number.POSITIVE_INFINITY,
  pingTimeoutMs: 20_000,
} as const;

/** Longer than the five minutes that servers of gRPC ask for by default, and shorter than the 350 s after which load balancers forget. */
const CLIENT_KEEP_ALIVE_MS = 330_000;

const DEFAULTS: Readonly<Record<'client' | 'server', Http2Timeouts>> = {
  client: { ...COMMON, bodyProgressTimeoutMs: 120_000, minBodyBytesPerSecond: 0, keepAliveMs: CLIENT_KEEP_ALIVE_MS },
  server: { ...COMMON, bodyProgressTimeoutMs: 30_000, minBodyBytesPerSecond: 50 },
};
