import { UsageError } from '@lamella/service-core';

/** A close frame: the code, 1005 if it has none, and the reason. */
export interface CloseFrame {
  readonly code: number;
  readonly reason: string;
}

/**
 * Whether a close frame may carry this code. RFC 6455 section 7.4: 1000 to 1003, 1007 to 1011, 3000 to 4999; and 1012 to 1014, which
 * were registered since.
 */
export function isCloseCode(code: number): boolean {
  if (!Number.isInteger(code)) return false;
  if (code >= 3000) return code <= 4999;
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}

/** The payload of a close frame. @throws UsageError if the code may not be sent, or the reason is too long. */
export function closePayload({ code, reason }: CloseFrame): Buffer {
  if (!isCloseCode(code)) {
    throw new UsageError(`a close code must be 1000 to 1003, 1007 to 1014 or 3000 to 4999, got ${code}`);
  }
  const bytes = Buffer.byteLength(reason);
  if (bytes > MAX_REASON_BYTES) {
    throw new UsageError(`the reason of a close has at most ${MAX_REASON_BYTES} bytes, got ${bytes}`);
  }
  const payload = Buffer.allocUnsafe(2 + bytes);
  payload.writeUInt16BE(code, 0);
  payload.write(reason, 2, 'utf8');
  return payload;
}

/** RFC 6455 section 7.4.1: stands for a close frame without a code, and is never sent. */
export const NO_CODE = 1005;
/** RFC 6455 section 7.4.1: stands for an end without a close frame, and is never sent. */
export const ABNORMAL = 1006;
const MAX_REASON_BYTES = 123;
