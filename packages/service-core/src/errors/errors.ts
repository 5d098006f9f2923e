/**
 * What is known about a failure beside its code; filled at the boundaries that the error crosses.
 *
 * @remarks
 * A fact, once set, stays: the boundary nearest to the cause knows best.
 */
export interface ErrorFacts {
  /** Part of the stack that failed, such as `'tcp'`, `'http/1.1'` or `'pool'`. */
  readonly layer?: string;
  /** What it was doing, such as `'resolve'`, `'connect'` or `'response-head'`. */
  readonly phase?: string;
  /** The other side, such as `'192.0.2.7:443'`. */
  readonly peer?: string;
  /** Number of the attempt, counted from 1. */
  readonly attempt?: number;
  /** Proxies on the way, nearest first. */
  readonly via?: readonly string[];
  /** Bytes received before the failure, for the exchange that failed. */
  readonly bytesIn?: number;
  /** Bytes sent before the failure, for the exchange that failed. */
  readonly bytesOut?: number;
  /** Code that the protocol or the system gave, such as `'ECONNREFUSED'`. */
  readonly protocolCode?: string | number;
  /** Whether doing the same again is safe and may help. */
  readonly retryable?: boolean;
}

/** Options of every {@link LamellaError}. */
export interface LamellaErrorOptions extends ErrorOptions {
  /** What is known already. */
  readonly facts?: ErrorFacts;
}

/**
 * Base of every error that Lamella makes.
 *
 * @remarks
 * `code` is API: documented, stable, `LML_ERR_<AREA>_<CONDITION>`. `message` is for people. Cancellation by
 * the caller is not one of these: it rejects with the caller's own reason.
 */
export abstract class LamellaError extends Error {
  static {
    Object.defineProperty(LamellaError.prototype, BRAND(), { value: true });
  }

  /** Stable name of the condition. */
  abstract readonly code: string;
  /** What is known about the failure; see {@link addErrorFacts}. */
  facts: ErrorFacts;

  constructor(message: string, options: LamellaErrorOptions = {}) {
    super(message, options);
    this.facts = options.facts ?? {};
  }
}

/**
 * Whether `value` is an error of Lamella, of whichever copy of the package.
 *
 * @returns True for every {@link LamellaError}.
 */
export function isLamellaError(value: unknown): value is LamellaError {
  return value instanceof Error && BRAND() in value;
}

/**
 * Adds what a boundary knows to an error that crosses it; facts that are set already stay.
 *
 * @remarks
 * As soon as the peer is known, the message names it and the phase, unless it does so already: one line tells what failed where.
 *
 * @param error - Any thrown value; only a {@link LamellaError} is changed.
 * @returns `error` itself.
 */
export function addErrorFacts<Thrown>(error: Thrown, facts: ErrorFacts): Thrown {
  if (!isLamellaError(error)) return error;
  error.facts = { ...facts, ...error.facts };
  const { phase, peer } = error.facts;
  if (peer === undefined || error.message.includes(peer)) return error;
  const isPhaseNamed = phase === undefined || error.message.includes(phase);
  error.message += isPhaseNamed ? ` (${peer})` : ` (${phase}, ${peer})`;
  return error;
}

/** The caller used an API in a way that it does not allow: a bug in the calling code. */
export class UsageError extends LamellaError {
  static {
    UsageError.prototype.name = 'UsageError';
  }

  readonly code = 'LML_ERR_USAGE';
}

/** Who broke the rule of a protocol. */
export type ProtocolErrorOrigin = 'local' | 'remote';

/** Options of {@link ProtocolError}. */
export interface ProtocolErrorOptions extends LamellaErrorOptions {
  /** Who broke the rule. Default `'remote'`. */
  readonly origin?: ProtocolErrorOrigin;
}

/** Bytes, or commands from above, that a protocol forbids. Each protocol has its own subclass and codes. */
export abstract class ProtocolError extends LamellaError {
  /** Who broke the rule: the peer, or the code above. */
  readonly origin: ProtocolErrorOrigin;

  constructor(message: string, options: ProtocolErrorOptions = {}) {
    super(message, options);
    this.origin = options.origin ?? 'remote';
  }
}

/** Options of {@link TimeoutError}. */
export interface TimeoutErrorOptions extends LamellaErrorOptions {
  /** Name of the option that set the limit, such as `'timeoutMs'`. */
  readonly limit: string;
  /** The limit that was reached, in milliseconds. */
  readonly timeoutMs: number;
}

/** Something took longer than an option allows. */
export class TimeoutError extends LamellaError {
  static {
    TimeoutError.prototype.name = 'TimeoutError';
  }

  readonly code = 'LML_ERR_TIMEOUT';
  /** Name of the option that set the limit. */
  readonly limit: string;
  /** The limit that was reached, in milliseconds. */
  readonly timeoutMs: number;

  constructor(options: TimeoutErrorOptions) {
    super(`${options.limit} of ${options.timeoutMs} ms reached${inPhase(options.facts)}`, options);
    this.limit = options.limit;
    this.timeoutMs = options.timeoutMs;
  }
}

/** Options of {@link LimitError}. */
export interface LimitErrorOptions extends LamellaErrorOptions {
  /** Name of the option that set the limit, such as `'maxConnections'`. */
  readonly limit: string;
  /** The limit, in the unit of the option. */
  readonly maximum: number;
  /** What was asked for, in the same unit. */
  readonly observed: number;
}

/** Something grew beyond what an option allows. */
export class LimitError extends LamellaError {
  static {
    LimitError.prototype.name = 'LimitError';
  }

  readonly code = 'LML_ERR_LIMIT';
  /** Name of the option that set the limit. */
  readonly limit: string;
  /** The limit, in the unit of the option. */
  readonly maximum: number;
  /** What was asked for, in the same unit. */
  readonly observed: number;

  constructor(options: LimitErrorOptions) {
    super(`${options.limit} is at most ${options.maximum}, got ${options.observed}${inPhase(options.facts)}`, options);
    this.limit = options.limit;
    this.maximum = options.maximum;
    this.observed = options.observed;
  }
}

/** Something was used after it had been closed, or was closed while in use. */
export class ClosedError extends LamellaError {
  static {
    ClosedError.prototype.name = 'ClosedError';
  }

  readonly code = 'LML_ERR_CLOSED';
}

/** Where a limit was reached, as far as it is known. */
function inPhase(facts: ErrorFacts | undefined): string {
  const phase = facts?.phase === undefined ? '' : ` in phase ${facts.phase}`;
  return facts?.peer === undefined ? phase : `${phase} (${facts.peer})`;
}

// A function, so that the static block of the first class above can use it while the module loads.
function BRAND(): symbol {
  return Symbol.for('lamella/error');
}
