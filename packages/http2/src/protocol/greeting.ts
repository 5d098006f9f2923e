import { DEFAULT_WINDOW_BYTES, PREFACE, SETTING } from '../codec/frames/frame-types.ts';
import type { FrameWriter } from '../codec/frames/frame-writer.ts';
import type { Http2ProtocolOptions } from './connection-core.ts';

/** Writes what a side says first: its settings, and how much it takes in all. RFC 9113 section 3.4. */
export function greet(writer: FrameWriter, { role, limits, allowsExtendedConnect = true }: Http2ProtocolOptions): void {
  const settings: number[] = [SETTING.headerTableSize, limits.headerTableBytes];
  if (role === 'server') {
    settings.push(SETTING.maxConcurrentStreams, limits.maxConcurrentStreams);
    if (allowsExtendedConnect) settings.push(SETTING.enableConnectProtocol, 1);
  } else {
    writer.writeRaw(PREFACE);
    settings.push(SETTING.enablePush, 0);
  }
  settings.push(SETTING.initialWindowSize, limits.initialStreamWindowBytes);
  settings.push(SETTING.maxFrameSize, limits.maxFrameBytes);
  settings.push(SETTING.maxHeaderListSize, limits.maxHeaderListBytes, SETTING.noRfc7540Priorities, 1);
  writer.writeSettings(settings);
  const more = limits.connectionWindowBytes - DEFAULT_WINDOW_BYTES;
  if (more > 0) writer.writeWindowUpdate(0, more);
}
