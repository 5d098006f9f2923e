import { createHash, randomBytes } from 'node:crypto';

/** Makes a Sec-WebSocket-Key. RFC 6455 section 4.1: 16 random bytes, as Base64. */
export function randomKey(): string {
  return randomBytes(16).toString('base64');
}

/** Whether a Sec-WebSocket-Key is the Base64 of 16 bytes. */
export function isKey(key: string): boolean {
  return KEY.test(key);
}

/** The Sec-WebSocket-Accept that shows that a key was understood. RFC 6455 section 4.2.2. */
export function acceptKey(key: string): string {
  return createHash('sha1').update(`${key}${GUID}`).digest('base64');
}

/** 22 characters carry 132 bits: the last 4 are zero. */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/;
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
