import fc from 'fast-check';

/** Names that a proxy, or HTTP itself, gives a meaning to. */
const SPECIAL: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'date',
  'expect',
  'forwarded',
  'host',
  'keep-alive',
  'max-forwards',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
  'via',
]);

const tokenChar = fc.constantFrom(..."!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

/** Names of fields; a few of them often, in several cases, so that there are duplicates. */
export const fieldName: fc.Arbitrary<string> = fc
  .oneof(
    fc.constantFrom('X-A', 'x-a', 'X-a', 'Accept', 'ACCEPT', 'Cookie', 'Set-Cookie', 'set-cookie', 'Trailer', 'Age'),
    fc.array(tokenChar, { minLength: 1, maxLength: 12 }).map((characters) => characters.join('')),
  )
  .filter((name) => !SPECIAL.has(name.toLowerCase()));

/** Values of fields, without blanks at the ends, one character a byte. */
export const fieldValue: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: 0x21, max: 0x7e }) },
      { weight: 1, arbitrary: fc.constantFrom(0x09, 0x20, 0x2c, 0x3a, 0x22, 0x3b) },
      { weight: 1, arbitrary: fc.integer({ min: 0x80, max: 0xff }) },
    ),
    { maxLength: 16 },
  )
  .map((codes) => String.fromCharCode(...codes).replace(/^[ \t]+|[ \t]+$/g, ''));

/** Field lines as they stand on the wire, each with its CRLF. */
export const fieldLines: fc.Arbitrary<string[]> = fc.array(
  fc.tuple(fieldName, fieldValue).map(([name, value]) => `${name}: ${value}\r\n`),
  { maxLength: 8 },
);

/** Lines for one hop, which vanish wherever they stand, and leave the connection open. */
export const hopLines: fc.Arbitrary<string> = fc
  .subarray([
    'Keep-Alive: timeout=5\r\n',
    'proxy-connection: x\r\n',
    'TE: deflate\r\n',
    'CONNECTION: x-for-one-hop , keep-alive\r\nX-For-One-Hop: 1\r\n',
  ])
  .map((lines) => lines.join(''));

/** A reason phrase, possibly empty. */
export const reasonPhrase: fc.Arbitrary<string> = fieldValue;

/** A body, one character a byte. */
export const content: fc.Arbitrary<string> = fc
  .array(fc.nat(255), { maxLength: 40 })
  .map((bytes) => String.fromCharCode(...bytes));
