import { ClientHelloError } from '../../errors.ts';
import { latin1, uint16At } from './vector.ts';

/**
 * Reads the body of a server_name extension.
 *
 * @remarks
 * Source: RFC 6066 section 3: one host name in ASCII, no address, without the dot at its end. Names may contain an underscore, which
 * hosts may not have, but do.
 *
 * @returns The name in lower case.
 * @throws ClientHelloError `LML_ERR_CLIENT_HELLO_BAD_SERVER_NAME`
 */
export function readServerName(bytes: Uint8Array, start: number, end: number): string {
  if (end - start < LIST_HEAD_BYTES) throw bad(`its extension has ${end - start} bytes`);
  if (uint16At(bytes, start) !== end - start - 2) throw bad('the length of its list is not what is left');
  if (bytes[start + 2] !== HOST_NAME) throw bad(`a name of type ${bytes[start + 2]}, which is not host_name`);
  const length = uint16At(bytes, start + 3);
  if (start + LIST_HEAD_BYTES + length > end) throw bad('it is longer than its list');
  if (start + LIST_HEAD_BYTES + length < end) throw bad('there is more than one');
  const name = latin1(bytes, start + LIST_HEAD_BYTES, end).toLowerCase();
  if (name === '') throw bad('it is empty');
  if (name.length > MAX_NAME_BYTES) throw bad(`${name.length} bytes, at most ${MAX_NAME_BYTES} are a name`);
  if (!NAME.test(name)) throw bad(`${JSON.stringify(name)} is no host name`);
  if (ENDS_IN_NUMBER.test(name)) throw bad(`${name} is an address`);
  return name;
}

function bad(why: string): ClientHelloError {
  return new ClientHelloError('LML_ERR_CLIENT_HELLO_BAD_SERVER_NAME', `a wrong server name: ${why}`);
}

const HOST_NAME = 0;
/** Length of the list, type, length of the name. */
const LIST_HEAD_BYTES = 5;
const MAX_NAME_BYTES = 253;
const NAME = /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/;
/** What some programs take for an IPv4 address: no name of a top-level domain is a number. */
const ENDS_IN_NUMBER = /(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)$/;
