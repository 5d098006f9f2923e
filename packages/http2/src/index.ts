// Servers

export type { AutoServerLayerOptions } from './server/auto-server-layer.ts';
export { autoServerLayer } from './server/auto-server-layer.ts';
export type { Http2ServerLayerOptions } from './server/http2-server-layer.ts';
export { http2ServerLayer } from './server/http2-server-layer.ts';
export { isHttp2 } from './server/is-http2.ts';

// Clients

export type { Http2Options } from './client/http2.ts';
export { http2 } from './client/http2.ts';
export type { PseudoHeaderOrder } from './connection/client-messages.ts';
export type { Http2SettingName } from './protocol/settings-order.ts';

// Limits

export type { Http2Limits } from './protocol/http2-limits.ts';
export type { Http2Timeouts } from './protocol/http2-timeouts.ts';

// Facts

export { Http2Client, Http2StreamId } from './keys.ts';
export type { EarlyPriority, Http2ClientFacts } from './protocol/early-frames.ts';

// Errors

export type { Http2ErrorCode } from './codec/error-code.ts';
export type {
  Http2ConnectionErrorCode,
  Http2ProtocolErrorCode,
  Http2ProtocolErrorOptions,
} from './errors.ts';
export { Http2ConnectionError, Http2ProtocolError } from './errors.ts';
