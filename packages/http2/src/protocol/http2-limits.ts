import { UsageError } from '@lamella/service-core';
import { MAX_MAX_FRAME_BYTES, MAX_WINDOW_BYTES, MIN_MAX_FRAME_BYTES } from '../codec/frames/frame-types.ts';

/** What a peer may send, in bytes and counts; the same for both sides. */
export interface Http2Limits {
  /** Most streams that the peer may have open at once, at least 1. SETTINGS_MAX_CONCURRENT_STREAMS. Default 250. */
  readonly maxConcurrentStreams: number;
  /** Largest field section, in bytes, each field counted with 32 bytes more, at least 1_024. Default 65_536. */
  readonly maxHeaderListBytes: number;
  /** Most fields of a section, at least 4. Default 128. */
  readonly maxHeaders: number;
  /** Memory for the peer's header compression, in bytes, 0 to 65_536. SETTINGS_HEADER_TABLE_SIZE. Default 4_096. */
  readonly headerTableBytes: number;
  /** Largest frame, in bytes, 16_384 to 16_777_215. SETTINGS_MAX_FRAME_SIZE. Default 16_384. */
  readonly maxFrameBytes: number;
  /** Bytes that each stream may send before it is read, at least 1, at first. SETTINGS_INITIAL_WINDOW_SIZE. Default 262_144. */
  readonly initialStreamWindowBytes: number;
  /** To which that may grow where it is what holds a fast reader back, in bytes. Default 8_388_608. */
  readonly maxStreamWindowBytes: number;
  /** Bytes that all streams together may send before they are read, at least 65_535. Default 16_777_216. */
  readonly connectionWindowBytes: number;
  /**
   * Streams that the peer may reset, or make us reset (which counts as 4 where it breaks a rule), per second; at least 1. At once it may be
   * twice `maxConcurrentStreams`, but one second's worth at least, and five at most. Default 200.
   */
  readonly maxResetsPerSecond: number;
  /** Frames that carry nothing (PING, SETTINGS, PRIORITY, empty DATA and the like) per second, at least 1. Default 500. */
  readonly maxControlFramesPerSecond: number;
}

/** How many resets and control frames may come at once, in seconds of what may come each second. */
export const BURST_SECONDS = 5;

/**
 * How many resets may come at once: who gives up all that is under way, and then all that came in its place, is no attacker. Anything above
 * is what whoever comes back again and again makes a server do for nothing.
 */
export function resetBurst({ maxResetsPerSecond, maxConcurrentStreams }: Http2Limits): number {
  return Math.min(BURST_SECONDS * maxResetsPerSecond, Math.max(maxResetsPerSecond, 2 * maxConcurrentStreams));
}

/** Fills in defaults. @throws UsageError if a limit is out of its range. */
export function fullHttp2Limits(limits: Partial<Http2Limits> = {}): Http2Limits {
  const given = Object.entries(limits).filter(([, value]) => value !== undefined);
  const full: Http2Limits = { ...DEFAULTS, ...Object.fromEntries(given) };
  for (const [name, [least, most]] of Object.entries(RANGES)) {
    const value = full[name as keyof Http2Limits]; // RANGES has the same keys
    if (!(value >= least && value <= most) || (Number.isFinite(value) && !Number.isInteger(value))) {
      throw new UsageError(`${name} must be a whole number from ${least} to ${most}, got ${value}`);
    }
  }
  return full;
}

const DEFAULTS: Http2Limits = {
  maxConcurrentStreams: 250,
  maxHeaderListBytes: 65_536,
  maxHeaders: 128,
  headerTableBytes: 4_096,
  maxFrameBytes: 16_384,
  initialStreamWindowBytes: 262_144,
  maxStreamWindowBytes: 8_388_608,
  connectionWindowBytes: 16_777_216,
  maxResetsPerSecond: 200,
  maxControlFramesPerSecond: 500,
};

const RANGES: Readonly<Record<keyof Http2Limits, readonly [least: number, most: number]>> = {
  maxConcurrentStreams: [1, 0x7fff_ffff],
  maxHeaderListBytes: [1_024, 16 * 1024 * 1024],
  maxHeaders: [4, 100_000],
  headerTableBytes: [0, 65_536],
  maxFrameBytes: [MIN_MAX_FRAME_BYTES, MAX_MAX_FRAME_BYTES],
  initialStreamWindowBytes: [1, MAX_WINDOW_BYTES],
  maxStreamWindowBytes: [1, MAX_WINDOW_BYTES],
  connectionWindowBytes: [65_535, MAX_WINDOW_BYTES],
  maxResetsPerSecond: [1, Number.POSITIVE_INFINITY],
  maxControlFramesPerSecond: [1, Number.POSITIVE_INFINITY],
};
