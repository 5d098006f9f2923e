import type { Clock, Lifecycle } from '@lamella/service-core';
import { systemClock, UsageError } from '@lamella/service-core';

/** What a peer may send, and how much may wait for it. */
export interface WebSocketLimits {
  /** Longest message, inflated, in bytes, 1 to 2_147_483_647. Beyond: close 1009. Default 1_048_576 (1 MiB). */
  readonly maxMessageBytes: number;
  /** Most frames of one message, 1 to 2_147_483_647. Beyond: close 1008. Default 4_096. */
  readonly maxFragments: number;
  /**
   * Most bytes that may wait because the peer does not take them, > 0. A `send` that finds more waiting destroys the connection.
   * Default 16_777_216 (16 MiB).
   */
  readonly maxBufferedBytes: number;
}

/** How long a peer may take. */
export interface WebSocketTimeouts {
  /** Silence of the peer after which it is pinged, in milliseconds, > 0. Default 30_000. */
  readonly pingIntervalMs: number;
  /** Silence after such a ping that ends the connection, in milliseconds, > 0. Default 20_000. */
  readonly pongTimeoutMs: number;
  /** Time without a message either way after which the connection is closed with 1001, in milliseconds, > 0. Default `Infinity`. */
  readonly idleTimeoutMs: number;
  /** Longest wait for the peer's part of the close, in milliseconds, > 0. Default 5_000. */
  readonly closeTimeoutMs: number;
}

/** Options that WebSocket servers, clients and relays have. */
export interface WebSocketOptions {
  /** What the peer may send, and how much may wait for it. */
  readonly limits?: Partial<WebSocketLimits>;
  /** How long the peer may take. */
  readonly timeouts?: Partial<WebSocketTimeouts>;
  /** Where connections take part in draining: they are closed with 1001. Default: none. */
  readonly lifecycle?: Lifecycle;
  /** Source of time. Default: the system clock. */
  readonly clock?: Clock;
}

/** Every option, checked. */
export interface FullWebSocketOptions {
  readonly limits: WebSocketLimits;
  readonly timeouts: WebSocketTimeouts;
  readonly lifecycle: Lifecycle | undefined;
  readonly clock: Clock;
}

/** Fills in defaults. @throws UsageError if an option is out of its range. */
export function fullWebSocketOptions(options: WebSocketOptions): FullWebSocketOptions {
  const limits = { ...DEFAULT_LIMITS, ...withoutUndefined(options.limits) };
  const timeouts = { ...DEFAULT_TIMEOUTS, ...withoutUndefined(options.timeouts) };
  for (const name of ['maxMessageBytes', 'maxFragments'] as const) {
    const value = limits[name];
    if (!(Number.isInteger(value) && value >= 1 && value <= MAX_INT32)) {
      throw new UsageError(`${name} must be an integer from 1 to ${MAX_INT32}, got ${value}`);
    }
  }
  requirePositive('maxBufferedBytes', limits.maxBufferedBytes);
  for (const name of TIMEOUT_NAMES) requirePositive(name, timeouts[name]);
  return { limits, timeouts, lifecycle: options.lifecycle, clock: options.clock ?? systemClock };
}

/** @throws UsageError unless `value` is a number greater than 0; `Infinity` is one. */
export function requirePositive(name: string, value: number): void {
  if (!(value > 0)) throw new UsageError(`${name} must be > 0, got ${value}`);
}

/** An option that is `undefined` means its default. */
function withoutUndefined<Options extends object>(options: Options | undefined): Partial<Options> {
  const given = Object.entries(options ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as Partial<Options>; // entries of the very same type
}

const MAX_INT32 = 2_147_483_647;
const DEFAULT_LIMITS: WebSocketLimits = {
  maxMessageBytes: 1_048_576,
  maxFragments: 4_096,
  maxBufferedBytes: 16_777_216,
};
const DEFAULT_TIMEOUTS: WebSocketTimeouts = {
  pingIntervalMs: 30_000,
  pongTimeoutMs: 20_000,
  idleTimeoutMs: Number.POSITIVE_INFINITY,
  closeTimeoutMs: 5_000,
};
const TIMEOUT_NAMES = ['pingIntervalMs', 'pongTimeoutMs', 'idleTimeoutMs', 'closeTimeoutMs'] as const;
