import { ClientHelloError } from '../../errors.ts';
import { isVector, latin1 } from './vector.ts';

/**
 * Reads the body of an application_layer_protocol_negotiation extension.
 *
 * @remarks
 * Source: RFC 7301 section 3.1: at least one name, none of them empty.
 *
 * @returns The names in the order of the client, one character a byte.
 * @throws ClientHelloError `LML_ERR_CLIENT_HELLO_BAD_ALPN`
 */
export function readAlpn(bytes: Uint8Array, start: number, end: number): readonly string[] {
  if (!isVector(bytes, start, end, { lengthBytes: 2, minBytes: 2 })) throw bad('its list does not fill the extension');
  const names: string[] = [];
  for (let at = start + 2; at < end; ) {
    const length = bytes[at] as number; // the loop is inside
    if (length === 0) throw bad('an empty name');
    if (at + 1 + length > end) throw bad('a name is longer than the list');
    names.push(latin1(bytes, at + 1, at + 1 + length));
    at += 1 + length;
  }
  return names;
}

function bad(why: string): ClientHelloError {
  return new ClientHelloError('LML_ERR_CLIENT_HELLO_BAD_ALPN', `a wrong list of ALPN protocols: ${why}`);
}
