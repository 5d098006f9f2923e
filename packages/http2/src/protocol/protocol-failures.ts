import { Http2ProtocolError } from '../errors.ts';
import type { Http2Limits } from './http2-limits.ts';
import type { PeerSettings } from './peer-settings.ts';
import { sectionBytes } from './peer-settings.ts';

/** More content came, or was allowed, than there is room for. RFC 9113 section 6.9.1. @param streamId - 0 for the connection. */
export function windowOverrun(streamId: number, scope: 'connection' | 'stream'): Http2ProtocolError {
  const where = streamId === 0 ? 'the connection' : `stream ${streamId}`;
  const options = { scope, errorCode: 'FLOW_CONTROL_ERROR', streamId } as const;
  return new Http2ProtocolError('LML_ERR_HTTP2_BAD_WINDOW', `the flow-control window of ${where} is overrun`, options);
}

/** RFC 9113 section 6.9. @param streamId - 0 for the connection. */
export function emptyUpdate(streamId: number): Http2ProtocolError {
  const options = { scope: streamId === 0 ? 'connection' : 'stream', streamId } as const;
  return new Http2ProtocolError('LML_ERR_HTTP2_BAD_WINDOW', 'a WINDOW_UPDATE by 0 says nothing', options);
}

/** A frame came for a stream that takes none any more. RFC 9113 section 5.1. */
export function streamClosed(streamId: number, frame: string, scope: 'connection' | 'stream'): Http2ProtocolError {
  const message = `${frame} for stream ${streamId}, which the peer has ended`;
  return new Http2ProtocolError('LML_ERR_HTTP2_STREAM_CLOSED', message, {
    scope,
    errorCode: 'STREAM_CLOSED',
    streamId,
  });
}

/** A frame came for a stream that does not take it yet. RFC 9113 section 5.1. */
export function streamIdle(streamId: number, frame: string): Http2ProtocolError {
  return new Http2ProtocolError('LML_ERR_HTTP2_BAD_STREAM_ID', `${frame} for stream ${streamId}, which was never open`);
}

/** RFC 9113 section 8.1.1. */
export function malformedMessage(streamId: number, what: 'request' | 'response', why: string): Http2ProtocolError {
  const options = { scope: 'stream', streamId } as const;
  return new Http2ProtocolError('LML_ERR_HTTP2_MALFORMED_MESSAGE', `malformed ${what}: ${why}`, options);
}

/** RFC 9113 section 8.1.1. */
export function wrongLength(streamId: number, announced: number, received: number): Http2ProtocolError {
  const message = `content-length says ${announced} bytes, but ${received} came`;
  const options = { scope: 'stream', streamId } as const;
  return new Http2ProtocolError('LML_ERR_HTTP2_CONTENT_LENGTH_MISMATCH', message, options);
}

/** RFC 9113 section 10.5.1. */
export function sectionTooLarge(streamId: number, { maxHeaderListBytes, maxHeaders }: Http2Limits): Http2ProtocolError {
  const message = `the field section is larger than ${maxHeaderListBytes} bytes or ${maxHeaders} fields`;
  const options = { scope: 'stream', errorCode: 'ENHANCE_YOUR_CALM', streamId } as const;
  return new Http2ProtocolError('LML_ERR_HTTP2_HEADERS_TOO_LARGE', message, options);
}

/** RFC 9113 section 10.5.1: what the peer has said that it does not take is not sent. */
export function sectionTooLargeForPeer(
  peer: PeerSettings,
  fields: readonly string[],
  isServer: boolean,
): Http2ProtocolError {
  const [us, them, phase] = isServer ? ['response', 'client', 'response'] : ['request', 'server', 'request'];
  const message =
    `the fields of the ${us} have ${sectionBytes(fields)} bytes (32 for each field included), ` +
    `and the ${them} takes ${peer.maxHeaderListBytes} at most`;
  const facts = { layer: 'h2', phase, retryable: false };
  const options = { origin: 'local', scope: 'stream', errorCode: 'INTERNAL_ERROR', facts } as const;
  return new Http2ProtocolError('LML_ERR_HTTP2_HEADERS_TOO_LARGE', message, options);
}

/** RFC 9113 section 10.5. */
export function tooMuch(message: string): Http2ProtocolError {
  return new Http2ProtocolError('LML_ERR_HTTP2_TOO_MUCH_OF_A_KIND', message, { errorCode: 'ENHANCE_YOUR_CALM' });
}
