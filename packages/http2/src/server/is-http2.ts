import type { ProtocolDetector } from '@lamella/net-core';
import { startsWith } from '@lamella/net-core';
import { PREFACE } from '../codec/frames/frame-types.ts';

/** Detects HTTP/2 by the preface of its clients. RFC 9113 section 3.4. */
export const isHttp2: ProtocolDetector = startsWith(PREFACE);
