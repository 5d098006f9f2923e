import { UsageError } from '@lamella/service-core';
import { DEFAULT_WINDOW_BYTES, MIN_MAX_FRAME_BYTES, SETTING } from '../codec/frames/frame-types.ts';
import type { Http2Limits } from './http2-limits.ts';

/** Settings that a client can say. */
export type Http2SettingName =
  | 'headerTableSize'
  | 'enablePush'
  | 'maxConcurrentStreams'
  | 'initialWindowSize'
  | 'maxFrameSize'
  | 'maxHeaderListSize'
  | 'noRfc7540Priorities';

/** What a client says where nobody has asked for another order. */
export const DEFAULT_SETTINGS_ORDER: readonly Http2SettingName[] = [
  'headerTableSize',
  'enablePush',
  'initialWindowSize',
  'maxFrameSize',
  'maxHeaderListSize',
  'noRfc7540Priorities',
];

/**
 * The settings that a client says, identifiers and values in turn.
 *
 * @throws UsageError if one is named twice or unknown, or one is missing whose value is not what servers take it for then.
 */
export function clientSettings(order: readonly Http2SettingName[], limits: Http2Limits): number[] {
  const values: Readonly<Record<Http2SettingName, number>> = {
    headerTableSize: limits.headerTableBytes,
    enablePush: 0,
    maxConcurrentStreams: limits.maxConcurrentStreams,
    initialWindowSize: limits.initialStreamWindowBytes,
    maxFrameSize: limits.maxFrameBytes,
    maxHeaderListSize: limits.maxHeaderListBytes,
    noRfc7540Priorities: 1,
  };
  const unknown = order.find((name, index) => values[name] === undefined || order.indexOf(name) !== index);
  if (unknown !== undefined)
    throw new UsageError(`settingsOrder names ${unknown}, which is no setting or stands there twice`);
  for (const [name, initial] of Object.entries(INITIAL)) {
    const value = values[name as keyof typeof INITIAL]; // INITIAL has only these keys
    if (value === initial || order.includes(name as Http2SettingName)) continue;
    throw new UsageError(
      `settingsOrder must name ${name}: servers take it for ${initial} otherwise, and it is ${value}`,
    );
  }
  return order.flatMap((name) => [SETTING[name], values[name]]);
}

/** What holds for settings that nobody has said, if it matters. RFC 9113 section 6.5.2. */
const INITIAL = {
  headerTableSize: 4_096,
  enablePush: 1,
  initialWindowSize: DEFAULT_WINDOW_BYTES,
  maxFrameSize: MIN_MAX_FRAME_BYTES,
} as const;
