import { UsageError } from '@lamella/service-core';

/** What a peer may send, in bytes and counts; the same for both sides. Every decoder finds its own limits in it. */
export interface Http1Limits {
  /** Longest start line, in bytes, at least 64. Default 16_384. */
  readonly maxStartLineBytes: number;
  /** Longest head, in bytes, from the start line to the empty line, at least 64. Default 65_536. */
  readonly maxHeadBytes: number;
  /** Most header lines, at least 1. Default 128. */
  readonly maxHeaders: number;
  /** Longest line in front of a chunk, in bytes, at least 16. Default 1_024. */
  readonly maxChunkLineBytes: number;
  /** Most bytes of chunk extensions in one body, their semicolons and blanks included, at least 0. Default 16_384. */
  readonly maxExtensionBytes: number;
  /** Longest trailer section, in bytes, at least 2. Default 8_192. */
  readonly maxTrailerBytes: number;
  /** Most trailer lines, at least 0. Default 64. */
  readonly maxTrailers: number;
}

/** Fills in defaults. @throws UsageError if a limit is out of its range. */
export function fullLimits(limits: Partial<Http1Limits> = {}): Http1Limits {
  const full = { ...DEFAULTS, ...definedOnly(limits) };
  for (const [name, least] of Object.entries(LEAST)) {
    const value = full[name as keyof Http1Limits]; // LEAST has the same keys
    if (!(value >= least)) throw new UsageError(`${name} must be >= ${least}, got ${value}`);
  }
  return full;
}

function definedOnly(limits: Partial<Http1Limits>): Partial<Http1Limits> {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}

const DEFAULTS: Http1Limits = {
  maxStartLineBytes: 16_384,
  maxHeadBytes: 65_536,
  maxHeaders: 128,
  maxChunkLineBytes: 1_024,
  maxExtensionBytes: 16_384,
  maxTrailerBytes: 8_192,
  maxTrailers: 64,
};

const LEAST: Http1Limits = {
  maxStartLineBytes: 64,
  maxHeadBytes: 64,
  maxHeaders: 1,
  maxChunkLineBytes: 16,
  maxExtensionBytes: 0,
  maxTrailerBytes: 2,
  maxTrailers: 0,
};
