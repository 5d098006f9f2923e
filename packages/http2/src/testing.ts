export type { Http2ClientOnOptions } from './testing/http2-client-on.ts';
export { http2ClientOn } from './testing/http2-client-on.ts';
export type { RawFrame } from './testing/raw-frames.ts';
export { errorCodeNames, RawFrameReader, rawFrame } from './testing/raw-frames.ts';
