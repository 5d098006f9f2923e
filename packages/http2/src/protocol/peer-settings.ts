import type { Http2ErrorCode } from '../codec/error-code.ts';
import {
  DEFAULT_WINDOW_BYTES,
  MAX_MAX_FRAME_BYTES,
  MAX_WINDOW_BYTES,
  MIN_MAX_FRAME_BYTES,
  SETTING,
} from '../codec/frames/frame-types.ts';
import { Http2ProtocolError } from '../errors.ts';

/** What the peer has said of itself, or what holds before it has. RFC 9113 section 6.5.2. */
export class PeerSettings {
  /** Memory for our header compression, in bytes. */
  headerTableBytes = 4_096;
  /** Streams that we may have open at once. */
  maxConcurrentStreams: number = Number.POSITIVE_INFINITY;
  /** What each stream lets us send at first, in bytes. */
  initialWindowBytes: number = DEFAULT_WINDOW_BYTES;
  /** Largest frame that the peer takes, in bytes. */
  maxFrameBytes: number = MIN_MAX_FRAME_BYTES;
  /** Largest field section that the peer takes, in bytes, 32 more for each field, as far as it has said so. */
  maxHeaderListBytes: number = Number.POSITIVE_INFINITY;
  /** Whether extended CONNECT is allowed. RFC 8441. */
  allowsConnectProtocol = false;
  /** Whether the peer has said anything yet. */
  isKnown = false;

  /**
   * Takes one setting. Unknown ones are ignored.
   *
   * @param isFromServer - Whether the peer is a server, which must not offer push.
   * @throws Http2ProtocolError if the value is out of its range.
   */
  apply(identifier: number, value: number, isFromServer: boolean): void {
    switch (identifier) {
      case SETTING.headerTableSize:
        this.headerTableBytes = value;
        break;
      case SETTING.enablePush:
        if (value > (isFromServer ? 0 : 1)) throw bad('ENABLE_PUSH', value);
        break;
      case SETTING.maxConcurrentStreams:
        this.maxConcurrentStreams = value;
        break;
      case SETTING.initialWindowSize:
        if (value > MAX_WINDOW_BYTES) throw bad('INITIAL_WINDOW_SIZE', value, 'FLOW_CONTROL_ERROR');
        this.initialWindowBytes = value;
        break;
      case SETTING.maxFrameSize:
        if (value < MIN_MAX_FRAME_BYTES || value > MAX_MAX_FRAME_BYTES) throw bad('MAX_FRAME_SIZE', value);
        this.maxFrameBytes = value;
        break;
      case SETTING.maxHeaderListSize:
        // Nothing at all fits into 0: who says that can't mean it, and the RFC has it as advice.
        this.maxHeaderListBytes = value === 0 ? Number.POSITIVE_INFINITY : value;
        break;
      case SETTING.enableConnectProtocol:
        // RFC 8441 section 3: a sender must not take it back.
        if (value > 1 || (value === 0 && this.allowsConnectProtocol)) throw bad('ENABLE_CONNECT_PROTOCOL', value);
        this.allowsConnectProtocol = value === 1;
        break;
      case SETTING.noRfc7540Priorities:
        if (value > 1) throw bad('NO_RFC7540_PRIORITIES', value);
        break;
    }
  }

  /** Whether a field section (names and values in turn) is larger than the peer takes. */
  isTooLarge(fields: readonly string[]): boolean {
    return this.maxHeaderListBytes !== Number.POSITIVE_INFINITY && sectionBytes(fields) > this.maxHeaderListBytes;
  }
}

/** Size of a field section as SETTINGS_MAX_HEADER_LIST_SIZE counts it, in bytes. RFC 9113 section 6.5.2. */
export function sectionBytes(fields: readonly string[]): number {
  let byteCount = (fields.length / 2) * BYTES_BESIDE_A_FIELD;
  for (const text of fields) byteCount += text.length; // one character a byte
  return byteCount;
}

function bad(name: string, value: number, errorCode: Http2ErrorCode = 'PROTOCOL_ERROR'): Http2ProtocolError {
  return new Http2ProtocolError('LML_ERR_HTTP2_BAD_SETTING', `SETTINGS_${name} must not be ${value}`, { errorCode });
}

const BYTES_BESIDE_A_FIELD = 32;
