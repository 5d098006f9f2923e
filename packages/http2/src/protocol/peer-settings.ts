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
  /** Largest field section that the peer wants, in bytes; advice. */
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
        this.maxHeaderListBytes = value;
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
}

function bad(name: string, value: number, errorCode: Http2ErrorCode = 'PROTOCOL_ERROR'): Http2ProtocolError {
  return new Http2ProtocolError('LML_ERR_HTTP2_BAD_SETTING', `SETTINGS_${name} must not be ${value}`, { errorCode });
}
