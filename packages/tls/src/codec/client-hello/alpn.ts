import { ClientHelloError } from '../../errors.ts';
import { isVector, latin1 } from './vector.ts';

/**
 * Checks the body of an application_layer_protocol_negotiation extension.
 *
 * @remarks
 * Source: RFC 7301 section 3.1: at least one name, none of them empty.
 *
 * @throws ClientHelloError `LML_ERR_CLIENT_HELLO_BAD_ALPN`
 */
export function checkAlpn(bytes: Uint8Array, start: number, end: number): void {
  if (!isVector(bytes, start, end, LIST)) throw bad('its list does not fill the extension');
  let at = start + 2;
  while (at < end) {
    const length = bytes[at] as number; // the loop is inside
    if (length === 0) throw bad('an empty name');
    at += 1 + length;
  }
  if (at > end) throw bad('a name is longer than the list');
}

/** Reads a body that {@link checkAlpn} has found good. @returns The names in the order of the client, one character a byte. */
export function readAlpn(bytes: Uint8Array, start: number, end: number): readonly string[] {
  const names: string[] = [];
  for (let at = start + 2; at < end; ) {
    const nameEnd = at + 1 + (bytes[at] as number); // the loop is inside
    names.push(latin1(bytes, at + 1, nameEnd));
    at = nameEnd;
  }
  return names;
}

function bad(why: string): ClientHelloError {
  return new ClientHelloError('LML_ERR_CLIENT_HELLO_BAD_ALPN', `a wrong list of ALPN protocols: ${why}`);
}

const LIST = { lengthBytes: 2, minBytes: 2 } as const;
