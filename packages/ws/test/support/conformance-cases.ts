import type { FrameSpec } from './frames.ts';
import { BINARY, CLOSE, CONTINUATION, closePayload, PING, PONG, TEXT } from './frames.ts';

/** What a peer sends to an endpoint that sends every message back, and what it has to get. */
export interface ConformanceRow {
  readonly group: string;
  readonly name: string;
  readonly send: readonly FrameSpec[];
  /** Frames that come back, `opcode payload`; a close with its code. A last close frame ends the connection. */
  readonly expected: readonly string[];
}

const text = (payload: Uint8Array | string, rest: Partial<FrameSpec> = {}): FrameSpec => ({
  opcode: TEXT,
  payload,
  ...rest,
});
const binary = (payload: Uint8Array | string, rest: Partial<FrameSpec> = {}): FrameSpec => ({
  opcode: BINARY,
  payload,
  ...rest,
});
const more = (payload: Uint8Array | string, rest: Partial<FrameSpec> = {}): FrameSpec => ({
  opcode: CONTINUATION,
  payload,
  ...rest,
});
const begin = { fin: false };
const ping = (payload: Uint8Array | string = '', rest: Partial<FrameSpec> = {}): FrameSpec => ({
  opcode: PING,
  payload,
  ...rest,
});
const close = (payload: Uint8Array | string = closePayload(1000)): FrameSpec => ({ opcode: CLOSE, payload });
const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const row = (group: string, name: string, send: readonly FrameSpec[], expected: readonly string[]): ConformanceRow => ({
  group,
  name,
  send,
  expected,
});

const LENGTHS = [0, 1, 125, 126, 127, 128, 8_192, 8_193, 65_535, 65_536];
const GOOD_CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999];
const BAD_CODES = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535];

/** Sequences that no UTF-8 text has, by kind. */
const BAD_UTF8: Readonly<Record<string, string>> = {
  'a lone continuation byte': '80',
  'only continuation bytes': '80 bf 80 bf 80',
  'the start of two bytes without the second': 'c3',
  'the start of three bytes without the third': 'e2 82',
  'the start of four bytes without the fourth': 'f0 9f 98',
  'a start followed by ASCII': 'c3 28',
  'an overlong slash of two bytes': 'c0 af',
  'an overlong slash of three bytes': 'e0 80 af',
  'an overlong slash of four bytes': 'f0 80 80 af',
  'the longest overlong of two bytes': 'c1 bf',
  'a high surrogate': 'ed a0 80',
  'a low surrogate': 'ed bf bf',
  'a pair of surrogates': 'ed a0 bd ed b8 80',
  'beyond U+10FFFF': 'f4 90 80 80',
  'five bytes': 'f8 88 80 80 80',
  'six bytes': 'fc 84 80 80 80 80',
  'the byte fe': 'fe',
  'the byte ff': 'ff',
  'good text with one bad byte in it': '48 65 6c 6c 6f 2d ce ba e1 bd b9 ed a0 80 65 64 69 74 65 64',
};
/** Text at the borders of what UTF-8 can say. */
const GOOD_UTF8: readonly string[] = [
  '',
  '\0',
  '\u007f',
  '\u0080',
  '\u07ff',
  '\u0800',
  '\ud7ff',
  '\ue000',
  '\ufffd',
  '\ufffe',
  '\uffff',
  '\u{10000}',
  '\u{10ffff}',
  '\ufeffa',
  'κόσμε Hello-µ@ßöäüàá-UTF-8!!',
];

const framing: readonly ConformanceRow[] = LENGTHS.flatMap((length) => {
  const payload = 'x'.repeat(length);
  return [
    row('lengths', `text of ${length} bytes`, [text(payload)], [`text ${payload}`]),
    row('lengths', `${length} binary bytes`, [binary(payload)], [`binary ${payload}`]),
  ];
});

const pings: readonly ConformanceRow[] = [
  row('pings', 'an empty one', [ping()], ['pong ']),
  row('pings', 'with text', [ping('Hello')], ['pong Hello']),
  row('pings', 'with 125 bytes', [ping('x'.repeat(125))], [`pong ${'x'.repeat(125)}`]),
  row('pings', 'with 126 bytes', [ping('x'.repeat(126))], ['close 1002']),
  row('pings', 'in fragments', [ping('x', begin)], ['close 1002']),
  row(
    'pings',
    'ten in a row are answered in order',
    Array.from({ length: 10 }, (_, index) => ping(`${index}`)),
    Array.from({ length: 10 }, (_, index) => `pong ${index}`),
  ),
  row(
    'pings',
    'a pong that nobody asked for says nothing',
    [{ opcode: PONG, payload: 'unasked' }, ping('real')],
    ['pong real'],
  ),
  row('pings', 'a pong of 126 bytes', [{ opcode: PONG, payload: 'x'.repeat(126) }], ['close 1002']),
];

const reserved: readonly ConformanceRow[] = [1, 2, 3, 4, 5, 6, 7].flatMap((rsv) => [
  row('reserved bits', `${rsv} on text`, [text('a'), text('b', { rsv })], ['text a', 'close 1002']),
  row('reserved bits', `${rsv} on a ping`, [ping('', { rsv })], ['close 1002']),
  row('reserved bits', `${rsv} on a close`, [{ ...close(), rsv }], ['close 1002']),
]);

const opcodes: readonly ConformanceRow[] = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].flatMap((opcode) => [
  row('opcodes', `${opcode} is reserved`, [{ opcode }], ['close 1002']),
  row(
    'opcodes',
    `${opcode} is reserved, behind a message`,
    [text('a'), { opcode, payload: 'b' }],
    ['text a', 'close 1002'],
  ),
]);

const fragments: readonly ConformanceRow[] = [
  row('fragments', 'two', [text('fragment1', begin), more('fragment2')], ['text fragment1fragment2']),
  row(
    'fragments',
    'of which some are empty',
    [text('', begin), more('', begin), more('x', begin), more('')],
    ['text x'],
  ),
  row('fragments', 'that are all empty', [text('', begin), more('', begin), more('')], ['text ']),
  row('fragments', 'binary', [binary('ab', begin), more('cd')], ['binary abcd']),
  row('fragments', 'with a ping between', [text('a', begin), ping('p'), more('b')], ['pong p', 'text ab']),
  row(
    'fragments',
    'with several pings between',
    [text('a', begin), ping('1'), more('b', begin), ping('2'), more('c')],
    ['pong 1', 'pong 2', 'text abc'],
  ),
  row('fragments', 'a continuation without a start', [more('x')], ['close 1002']),
  row('fragments', 'an open continuation without a start', [more('x', begin)], ['close 1002']),
  row('fragments', 'a continuation behind a whole message', [text('a'), more('x')], ['text a', 'close 1002']),
  row('fragments', 'a second message within the first', [text('a', begin), text('b')], ['close 1002']),
  row('fragments', 'a second kind of message within the first', [text('a', begin), binary('b')], ['close 1002']),
  row('fragments', 'a close between', [text('a', begin), close()], ['close 1000']),
];

const utf8: readonly ConformanceRow[] = [
  ...GOOD_UTF8.map((good, index) => row('text', `good text ${index}`, [text(good)], [`text ${good}`])),
  row('text', '24,576 bytes in 8,192 letters', [text('€'.repeat(8_192))], [`text ${'€'.repeat(8_192)}`]),
  row('text', 'a letter cut by a fragment', [text(bytes('ce'), begin), more(bytes('ba'))], ['text κ']),
  row(
    'text',
    'every byte of it in a frame',
    [...Buffer.from('κόσμε😀')].map((byte, index, all) => ({
      opcode: index === 0 ? TEXT : CONTINUATION,
      payload: Buffer.of(byte),
      fin: index === all.length - 1,
    })),
    ['text κόσμε😀'],
  ),
  row('text', 'a ping within a letter', [text(bytes('ce'), begin), ping('p'), more(bytes('ba'))], ['pong p', 'text κ']),
  row('text', 'binary messages may be anything', [binary(bytes('ff'))], ['binary \ufffd']),
  ...Object.entries(BAD_UTF8).flatMap(([kind, hex]) => [
    row('text', kind, [text(bytes(hex))], ['close 1007']),
    row(
      'text',
      `${kind}, cut before its last byte`,
      [text(bytes(hex).subarray(0, -1), begin), more(bytes(hex).subarray(-1))],
      ['close 1007'],
    ),
  ]),
];

const closing: readonly ConformanceRow[] = [
  row('closing', 'without a code', [close('')], ['close']),
  row('closing', 'with a payload of one byte', [close('x')], ['close 1002']),
  row('closing', 'with 125 bytes', [close(closePayload(1000, 'x'.repeat(123)))], ['close 1000']),
  row('closing', 'with 126 bytes', [close(closePayload(1000, 'x'.repeat(124)))], ['close 1002']),
  row('closing', 'in fragments', [{ ...close(), fin: false }], ['close 1002']),
  row(
    'closing',
    'with a reason that is no UTF-8',
    [close(closePayload(1000, bytes('ce ba e1 bd b9 ed a0 80')))],
    ['close 1007'],
  ),
  row(
    'closing',
    'behind messages, which come back first',
    [text('a'), text('b'), close()],
    ['text a', 'text b', 'close 1000'],
  ),
  row('closing', 'twice', [close(), close()], ['close 1000']),
  row('closing', 'with a ping behind', [close(), ping('late')], ['close 1000']),
  row('closing', 'with a message behind', [close(), text('late')], ['close 1000']),
  row('closing', 'with rubbish behind', [close(), { opcode: 15, rsv: 7 }], ['close 1000']),
  ...GOOD_CODES.map((code) => row('closing', `with ${code}`, [close(closePayload(code, 'why'))], [`close ${code}`])),
  ...BAD_CODES.map((code) =>
    row('closing', `with ${code}, which may not be sent`, [close(closePayload(code, 'why'))], ['close 1002']),
  ),
];

const sizes: readonly ConformanceRow[] = [64, 256, 1_024, 4_096].map((size) => {
  const whole = 'y'.repeat(262_144);
  const count = whole.length / size;
  const parts = Array.from({ length: count }, (_, index) => ({
    opcode: index === 0 ? BINARY : CONTINUATION,
    payload: whole.slice(index * size, (index + 1) * size),
    fin: index === count - 1,
  }));
  return row('sizes', `256 KiB in fragments of ${size}`, parts, [`binary ${whole}`]);
});

/** Every row, by group. A close comes before echoes of what was sent with it only where the connection is failed. */
export const conformanceRows: readonly ConformanceRow[] = [
  ...framing,
  ...pings,
  ...reserved,
  ...opcodes,
  ...fragments,
  ...utf8,
  ...closing,
  ...sizes,
];
