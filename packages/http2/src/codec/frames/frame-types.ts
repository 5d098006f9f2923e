/** Types of frames. RFC 9113 section 6, RFC 9218 section 7.1. */
export const FRAME = {
  data: 0x0,
  headers: 0x1,
  priority: 0x2,
  rstStream: 0x3,
  settings: 0x4,
  pushPromise: 0x5,
  ping: 0x6,
  goaway: 0x7,
  windowUpdate: 0x8,
  continuation: 0x9,
  priorityUpdate: 0x10,
} as const;

/** Flags of frames; what a flag means depends on the type of its frame. */
export const FLAG = { endStream: 0x1, ack: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const;

/** Identifiers of settings. RFC 9113 section 6.5.2, RFC 8441 section 3, RFC 9218 section 2.1. */
export const SETTING = {
  headerTableSize: 0x1,
  enablePush: 0x2,
  maxConcurrentStreams: 0x3,
  initialWindowSize: 0x4,
  maxFrameSize: 0x5,
  maxHeaderListSize: 0x6,
  enableConnectProtocol: 0x8,
  noRfc7540Priorities: 0x9,
} as const;

/** What a client sends first. RFC 9113 section 3.4. */
export const PREFACE: Uint8Array = Uint8Array.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', (char) => char.charCodeAt(0));

/** Length of the header of a frame, in bytes. RFC 9113 section 4.1. */
export const FRAME_HEADER_BYTES = 9;

/** Smallest and largest value of SETTINGS_MAX_FRAME_SIZE, in bytes. */
export const MIN_MAX_FRAME_BYTES = 16_384;
export const MAX_MAX_FRAME_BYTES = 16_777_215;

/** Largest size of a flow-control window, in bytes. RFC 9113 section 6.9.1. */
export const MAX_WINDOW_BYTES = 0x7fff_ffff;

/** Size of every window before anybody has said otherwise, in bytes. RFC 9113 section 6.9.2. */
export const DEFAULT_WINDOW_BYTES = 65_535;

/** Largest stream identifier; also the one of the first of two GOAWAY frames. */
export const MAX_STREAM_ID = 0x7fff_ffff;
