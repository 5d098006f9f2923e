import type { ProtocolDetector } from '@lamella/net-core';

/** Detects HTTP/1.x by the whole of its request line, so that other protocols of lines are not taken for it. RFC 9112 section 3. */
export const isHttp1: ProtocolDetector = (bytes) => {
  const end = bytes.indexOf(0x0a);
  const line = String.fromCharCode(...bytes.subarray(0, Math.min(end < 0 ? bytes.length : end, MAX_LINE_BYTES)));
  if (end >= 0 && end <= MAX_LINE_BYTES) return REQUEST_LINE.test(line) ? 'yes' : 'no';
  return bytes.length <= MAX_LINE_BYTES && REQUEST_LINE_BEGIN.test(line) ? 'more' : 'no';
};

const REQUEST_LINE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32} [\x21-\x7e]+ HTTP\/1\.[01]\r?$/;
const REQUEST_LINE_BEGIN = /^(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}(?: (?:[\x21-\x7e]+(?: [HTP/1.0\r]*)?)?)?)?$/;
const MAX_LINE_BYTES = 8_192;
