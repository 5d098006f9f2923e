import { ClientHelloError } from '../../errors.ts';

/**
 * Says what the first bytes of a connection are that do not start a TLS record.
 *
 * @param bytes - The bytes so far, at least one; the first is not 22.
 * @returns The error, or `undefined` if more bytes are needed to tell.
 */
export function notTlsError(bytes: readonly number[]): ClientHelloError | undefined {
  const [first = 0, , third] = bytes;
  const record = RECORD_TYPES[first];
  if (record !== undefined) return badRecord(`a record of type ${record}, where a handshake has to start`);
  if (first >= 0x80) return third === undefined ? undefined : ssl2Error(third);
  const start = String.fromCharCode(...bytes);
  for (const method of METHODS) {
    if (start.startsWith(method)) {
      return new ClientHelloError(
        'LML_ERR_CLIENT_HELLO_PLAIN_HTTP',
        `plain HTTP, where TLS was expected: ${method.trim()}`,
      );
    }
    if (method.startsWith(start)) return undefined;
  }
  return noTls(first);
}

/** An error for a record that is no part of a ClientHello. */
export function badRecord(why: string): ClientHelloError {
  return new ClientHelloError('LML_ERR_CLIENT_HELLO_BAD_RECORD', why);
}

/** SSL 2 has a length with the highest bit set in two bytes, then the type of the message: 1 is its CLIENT-HELLO. */
function ssl2Error(messageType: number): ClientHelloError {
  if (messageType !== 1) return noTls(0x80);
  return new ClientHelloError('LML_ERR_CLIENT_HELLO_SSL2', 'a hello of SSL 2, which RFC 6176 forbids');
}

function noTls(first: number): ClientHelloError {
  const byte = `0x${first.toString(16).padStart(2, '0')}`;
  return new ClientHelloError('LML_ERR_CLIENT_HELLO_NOT_TLS', `no TLS: no record starts with ${byte}`);
}

const RECORD_TYPES: Readonly<Record<number, string>> = {
  20: 'change_cipher_spec',
  21: 'alert',
  23: 'application_data',
  24: 'heartbeat',
};

/** Methods of HTTP that clients start with; `PRI` is the start of HTTP/2. */
const METHODS: readonly string[] = [
  'GET ',
  'HEAD ',
  'POST ',
  'PUT ',
  'DELETE ',
  'CONNECT ',
  'OPTIONS ',
  'TRACE ',
  'PATCH ',
  'PRI ',
];
