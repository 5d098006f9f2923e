import type { ProtocolDetector } from './protocol-router.ts';

/**
 * Detects what begins with certain bytes.
 *
 * @param prefix - Text of one character a byte, or bytes.
 */
export function startsWith(prefix: string | Uint8Array): ProtocolDetector {
  const wanted = typeof prefix === 'string' ? Uint8Array.from(prefix, (char) => char.charCodeAt(0)) : prefix;
  return (bytes) => {
    const length = Math.min(bytes.length, wanted.length);
    for (let index = 0; index < length; index++) if (bytes[index] !== wanted[index]) return 'no';
    return length === wanted.length ? 'yes' : 'more';
  };
}

/** Detects what any of several detectors does. */
export function isAnyOf(...detectors: readonly ProtocolDetector[]): ProtocolDetector {
  return (bytes) => {
    const answers = detectors.map((detect) => detect(bytes));
    if (answers.includes('yes')) return 'yes';
    return answers.includes('more') ? 'more' : 'no';
  };
}

/** Detects TLS: a handshake record with a ClientHello. RFC 8446 section 5.1. */
export const isTls: ProtocolDetector = (bytes) => {
  const [type, major, , , , message] = bytes;
  if (type !== 0x16 || (major !== undefined && major !== 3) || (message !== undefined && message !== 1)) return 'no';
  return message === undefined ? 'more' : 'yes';
};

/** Detects the PROXY protocol, version 1 or 2. */
export const isProxyProtocol: ProtocolDetector = isAnyOf(startsWith('PROXY '), startsWith('\r\n\r\n\0\r\nQUIT\n'));

/** Detects SOCKS 5. RFC 1928 section 3. */
export const isSocks5: ProtocolDetector = startsWith('\u0005');
