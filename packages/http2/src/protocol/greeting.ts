import { DEFAULT_WINDOW_BYTES, PREFACE, SETTING } from '../codec/frames/frame-types.ts';
import type { FrameWriter } from '../codec/frames/frame-writer.ts';
import type { Http2ProtocolOptions } from './connection-core.ts';
import { clientSettings, DEFAULT_SETTINGS_ORDER } from './settings-order.ts';

/** Writes what a side says first: its settings, and how much it takes in all. RFC 9113 section 3.4. */
export function greet(writer: FrameWriter, options: Http2ProtocolOptions): void {
  const { role, limits, settingsOrder = DEFAULT_SETTINGS_ORDER } = options;
  if (role === 'client') {
    writer.writeRaw(PREFACE);
    writer.writeSettings(clientSettings(settingsOrder, limits));
  } else writer.writeSettings(serverSettings(options));
  const more = limits.connectionWindowBytes - DEFAULT_WINDOW_BYTES;
  if (more > 0) writer.writeWindowUpdate(0, more);
}

function serverSettings({ limits, allowsExtendedConnect = true }: Http2ProtocolOptions): number[] {
  return [
    SETTING.headerTableSize,
    limits.headerTableBytes,
    SETTING.maxConcurrentStreams,
    limits.maxConcurrentStreams,
    ...(allowsExtendedConnect ? [SETTING.enableConnectProtocol, 1] : []),
    SETTING.initialWindowSize,
    limits.initialStreamWindowBytes,
    SETTING.maxFrameSize,
    limits.maxFrameBytes,
    SETTING.maxHeaderListSize,
    limits.maxHeaderListBytes,
    SETTING.noRfc7540Priorities,
    1,
  ];
}
