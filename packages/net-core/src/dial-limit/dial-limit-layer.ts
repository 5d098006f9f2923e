import type { Clock } from '@lamella/service-core';
import { systemClock, UsageError } from '@lamella/service-core';
import { formatAddress } from '../address/address.ts';
import type { Connector, ConnectRequest } from '../connection/connector.ts';
import { requireCount, requireFinite, requirePositive, requireRange } from '../shared/checks.ts';
import { DialLimiter } from './dial-limiter.ts';

/** Options of {@link dialLimitLayer}. */
export interface DialLimitOptions {
  /** Most dials under way, over all targets, an integer of at least 1 or `Infinity`. Default 256. */
  readonly maxConcurrentDials?: number;
  /** Most dials under way to one target, an integer of at least 1 or `Infinity`. Default 10. */
  readonly maxConcurrentDialsPerTarget?: number;
  /** Most dials to one target that start within any one second, an integer of at least 1 or `Infinity`. Default 100. */
  readonly dialsPerSecond?: number;
  /** Most dials that wait, over all targets, an integer of at least 0 or `Infinity`. Default 1_000. */
  readonly maxWaitingDials?: number;
  /** Longest wait for a turn, in milliseconds, greater than 0. Default 10_000. */
  readonly queueTimeoutMs?: number;
  /** How long a target is left alone after its first failure, in milliseconds, greater than 0. Default 100. */
  readonly minBackoffMs?: number;
  /** How long it is left alone at most, in milliseconds, finite and at least `minBackoffMs`. Default 10_000. */
  readonly maxBackoffMs?: number;
  /** What each further wait is multiplied with, from 1 to 100. Default 2. */
  readonly backoffFactor?: number;
  /** Share of each wait that is taken off by chance, from 0 (nothing) to 1 (all). Default 0.5. */
  readonly jitterRatio?: number;
  /** Source of chance, from 0 to less than 1; tests pass their own. Default: `Math.random`. */
  readonly random?: () => number;
  /** Most targets that are remembered, an integer of at least 1 or `Infinity`. Default 10_000. */
  readonly maxTargets?: number;
  /** What counts as one target, as a text without credentials. Default: the address, with the proxies on the way. */
  readonly target?: (request: ConnectRequest) => string;
  /** Source of time. Default: the system clock. */
  readonly clock?: Clock;
}

/** The layer that {@link dialLimitLayer} makes: a layer, and its gauges. */
export interface DialLimitLayer {
  (inner: Connector): Connector;
  /** Dials under way now. */
  readonly active: number;
  /** Dials that wait for their turn now. */
  readonly waiting: number;
}

/**
 * Bounds how much a connector dials: at a time, in a second, and above all where connecting fails.
 *
 * @remarks
 * After a failed dial the target is left alone for a time that doubles with each further failure, less some jitter; whoever wants to go
 * there meanwhile, or waits for it already, gets a {@link DialBackoffError} at once, which says when to come again. After that time one
 * dial alone finds out how things are, and the others wait for it; its success ends all of this. Dials that were under way side by side
 * count as one failure. A dial that its caller gives up says nothing of the target, and neither does one that a policy denies.
 *
 * The limits belong to the layer: applied to several connectors, it is shared by them. Those who wait do so in order; targets take turns.
 * Outside of a connector that resolves names, a target is a name with its port; inside (`happyEyeballsConnector({ connector })`) it is
 * one address.
 *
 * @throws UsageError at construction if an option is out of its range. The connector rejects with DialBackoffError
 * `LML_ERR_CONNECT_BACKING_OFF`, with LimitError (`maxWaitingDials`, `maxTargets`), with TimeoutError (`queueTimeoutMs`), or with the
 * caller's reason if aborted while waiting. Nothing was dialled then, so `facts.retryable` is true.
 *
 * @example
 * const network = memoryNetwork();
 * const limit = dialLimitLayer({ maxConcurrentDialsPerTarget: 4 });
 * const connector = limit(network.connector());
 * limit.active; // 0
 */
export function dialLimitLayer(options: DialLimitOptions = {}): DialLimitLayer {
  const { target: targetOf = targetText } = options;
  if (typeof targetOf !== 'function') throw new UsageError(`target must be a function, got ${typeof targetOf}`);
  const limiter = createLimiter(options);
  const layer = (inner: Connector): Connector => ({
    async serve(request) {
      return limiter.serve(targetOf(request), request, inner);
    },
  });
  return Object.defineProperties(layer, {
    active: { enumerable: true, get: () => limiter.active },
    waiting: { enumerable: true, get: () => limiter.waiting },
  }) as DialLimitLayer; // the lines above define what the interface adds
}

function createLimiter(options: DialLimitOptions): DialLimiter {
  const { maxConcurrentDials = 256, maxConcurrentDialsPerTarget = 10, dialsPerSecond = 100 } = options;
  const { maxWaitingDials = 1_000, queueTimeoutMs = 10_000, maxTargets = 10_000, clock = systemClock } = options;
  const { minBackoffMs = 100, maxBackoffMs = 10_000, backoffFactor = 2, jitterRatio = 0.5 } = options;
  const { random = Math.random } = options;
  for (const [name, value] of Object.entries({ maxConcurrentDials, maxConcurrentDialsPerTarget, dialsPerSecond })) {
    requireCount(name, value, 1);
  }
  requireCount('maxWaitingDials', maxWaitingDials, 0);
  requireCount('maxTargets', maxTargets, 1);
  requirePositive('queueTimeoutMs', queueTimeoutMs);
  requirePositive('minBackoffMs', minBackoffMs);
  requireFinite('maxBackoffMs', maxBackoffMs);
  if (maxBackoffMs < minBackoffMs) {
    throw new UsageError(`maxBackoffMs must be >= minBackoffMs, got ${maxBackoffMs} and ${minBackoffMs}`);
  }
  requireRange('backoffFactor', backoffFactor, 1, 100);
  requireRange('jitterRatio', jitterRatio, 0, 1);
  return new DialLimiter({
    maxDials: maxConcurrentDials,
    maxConcurrent: maxConcurrentDialsPerTarget,
    dialsPerSecond,
    maxWaiting: maxWaitingDials,
    queueTimeoutMs,
    maxTargets,
    backoff: { minDelayMs: minBackoffMs, maxDelayMs: maxBackoffMs, factor: backoffFactor, jitterRatio, random },
    clock,
  });
}

/** Ways through different proxies fail for themselves. */
function targetText({ target, via }: ConnectRequest): string {
  return via.length === 0 ? formatAddress(target) : `${formatAddress(target)} via ${via.join(', ')}`;
}
