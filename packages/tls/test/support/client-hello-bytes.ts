/** What a hello of a test says. Default: what a small TLS 1.3 client sends. */
export interface HelloParts {
  readonly version?: number;
  readonly sessionId?: Uint8Array;
  readonly ciphers?: readonly number[];
  readonly compression?: readonly number[];
  /** Type and body, in order; `'none'` leaves the block out. */
  readonly extensions?: readonly Extension[] | 'none';
}

/** An extension of a test. */
export type Extension = readonly [type: number, body: Uint8Array];

/** Makes the handshake message of a ClientHello. */
export function helloMessage(parts: HelloParts = {}): Uint8Array {
  const { version = 0x0303, sessionId = new Uint8Array(32).fill(7), ciphers = [0x1301, 0x1302] } = parts;
  const { compression = [0], extensions = usualExtensions() } = parts;
  const body = joined(
    u16(version),
    new Uint8Array(32).fill(9),
    vector8(sessionId),
    vector16(numbers16(ciphers)),
    vector8(Uint8Array.from(compression)),
    extensions === 'none'
      ? new Uint8Array(0)
      : vector16(joined(...extensions.map(([type, bytes]) => joined(u16(type), vector16(bytes))))),
  );
  return messageOf(1, body);
}

/** A handshake message of any type. */
export function messageOf(type: number, body: Uint8Array): Uint8Array {
  return joined(Uint8Array.of(type, body.length >> 16), u16(body.length & 0xffff), body);
}

/** Puts a message into records of at most `recordBytes`. */
export function records(message: Uint8Array, recordBytes = 16_384): Uint8Array {
  const made: Uint8Array[] = [];
  for (let at = 0; at < message.length; at += recordBytes) {
    made.push(record(message.subarray(at, at + recordBytes)));
  }
  return joined(...made);
}

/** One record, of a handshake unless told otherwise. */
export function record(content: Uint8Array, type = 22, version = 0x0301): Uint8Array {
  return joined(Uint8Array.of(type), u16(version), vector16(content));
}

/** SNI, ALPN, versions, groups, signature algorithms and a key share. */
export function usualExtensions(name = 'example.com', protocols: readonly string[] = ['h2', 'http/1.1']): Extension[] {
  return [
    serverName(name),
    alpn(protocols),
    [43, vector8(numbers16([0x0304, 0x0303]))],
    [10, vector16(numbers16([29, 23]))],
    [13, vector16(numbers16([0x0403, 0x0804]))],
    [51, vector16(joined(u16(29), vector16(new Uint8Array(32).fill(5))))],
  ];
}

/** An extension with one host name. */
export function serverName(name: string | Uint8Array): Extension {
  const bytes = typeof name === 'string' ? Buffer.from(name, 'latin1') : name;
  return [0, vector16(joined(Uint8Array.of(0), vector16(bytes)))];
}

/** An extension with protocols. */
export function alpn(protocols: readonly string[]): Extension {
  return [16, vector16(joined(...protocols.map((protocol) => vector8(Buffer.from(protocol, 'latin1')))))];
}

export function u16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}

export function numbers16(values: readonly number[]): Uint8Array {
  return joined(...values.map(u16));
}

/** Bytes behind their length in one byte. */
export function vector8(bytes: Uint8Array): Uint8Array {
  return joined(Uint8Array.of(bytes.length), bytes);
}

/** Bytes behind their length in two bytes. */
export function vector16(bytes: Uint8Array): Uint8Array {
  return joined(u16(bytes.length), bytes);
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}
