import { HpackDecoder } from '../../src/codec/hpack/hpack-decoder.ts';
import { errorCodeNames, RawFrameReader } from '../../src/testing/raw-frames.ts';

/**
 * Reads the frames that the engine writes, and checks what every sender must keep to. Each becomes a line, such as
 * `HEADERS 1 :status=200 END` or `RST_STREAM 3 CANCEL`. Shares no code with the engine but its HPACK, which has tests of its own.
 */
export class FrameReader {
  /** Largest frame that was allowed, in bytes. */
  maxFrameBytes = 16_384;
  readonly #hpack: HpackDecoder;
  readonly #frames = new RawFrameReader();
  #section: { streamId: number; isEnd: boolean; pieces: Uint8Array[] } | undefined;
  #isFirst = true;

  /** @param maxTableBytes - What the engine was told about its compression. */
  constructor(maxTableBytes = 4_096) {
    this.#hpack = new HpackDecoder({ maxTableBytes, maxListBytes: 16_777_216, maxFields: 1_000_000 });
  }

  /** Allows another size of the table from the next field section on. */
  setMaxTableBytes(bytes: number): void {
    this.#hpack.setMaxTableBytes(bytes);
  }

  /** @returns A line for each whole frame. @throws Error if the frame is none that may be sent. */
  read(bytes: Uint8Array): string[] {
    const lines: string[] = [];
    for (const { type, flags, streamId, payload } of this.#frames.read(bytes)) {
      if (payload.length > this.maxFrameBytes) throw new Error(`a frame of ${payload.length} bytes was sent`);
      if (streamId >= 0x8000_0000) throw new Error('the reserved bit is set');
      const line = this.#line(type, flags, streamId, payload);
      if (line !== undefined) lines.push(line);
    }
    return lines;
  }

  /** Bytes that belong to a frame which is not whole. */
  get restBytes(): number {
    return this.#frames.restBytes;
  }

  #line(type: number, flags: number, streamId: number, payload: Buffer): string | undefined {
    const name = TYPES[type];
    if (name === undefined) throw new Error(`a frame of type ${type} was sent`);
    const [allowed, belongsTo] = RULES[name];
    if ((flags & ~allowed) !== 0) throw new Error(`${name} has flags ${flags}`);
    if ((streamId === 0) !== (belongsTo === 'connection') && belongsTo !== 'both') {
      throw new Error(`${name} was sent for stream ${streamId}`);
    }
    if (this.#isFirst && (name !== 'SETTINGS' || flags !== 0)) throw new Error(`the first frame is ${name}`);
    this.#isFirst = false;
    if (this.#section !== undefined && (name !== 'CONTINUATION' || streamId !== this.#section.streamId)) {
      throw new Error(`${name} stands within a field section`);
    }
    switch (name) {
      case 'DATA':
        return `DATA ${streamId} ${JSON.stringify(payload.toString('latin1'))}${endOf(flags)}`;
      case 'HEADERS':
        return this.#fields({ streamId, isEnd: (flags & 1) === 1, pieces: [payload] }, flags);
      case 'CONTINUATION':
        if (this.#section === undefined) throw new Error('CONTINUATION stands alone');
        this.#section.pieces.push(payload);
        return this.#fields(this.#section, flags);
      case 'RST_STREAM':
        return `RST_STREAM ${streamId} ${codeName(payload, 0, 4)}`;
      case 'SETTINGS':
        if (flags === 1) return 'SETTINGS ACK';
        return ['SETTINGS', ...settingsOf(payload)].join(' ');
      case 'PING':
        if (payload.length !== 8) throw new Error('PING has another size');
        return `PING${flags === 1 ? ' ACK' : ''} ${payload.toString('latin1')}`;
      case 'GOAWAY':
        return `GOAWAY ${payload.readUInt32BE(0)} ${codeName(payload, 4, payload.length)}`;
      case 'WINDOW_UPDATE':
        if (payload.length !== 4 || payload.readUInt32BE(0) === 0) throw new Error('WINDOW_UPDATE says nothing');
        return `WINDOW_UPDATE ${streamId} +${payload.readUInt32BE(0)}`;
      case 'PRIORITY_UPDATE':
        return `PRIORITY_UPDATE ${payload.readUInt32BE(0)} ${payload.subarray(4).toString('latin1')}`;
    }
  }

  #fields(section: { streamId: number; isEnd: boolean; pieces: Uint8Array[] }, flags: number): string | undefined {
    this.#section = (flags & 4) === 0 ? section : undefined;
    if (this.#section !== undefined) return undefined;
    const { streamId, isEnd, pieces } = section;
    const block = Buffer.concat(pieces);
    const fields = this.#hpack.decode(block, 0, block.length);
    const more = pieces.length > 1 ? ` (${pieces.length} frames)` : '';
    return `HEADERS ${streamId} ${fieldsText(fields, this.#hpack.sensitive)}${isEnd ? ' END' : ''}${more}`;
  }
}

/** Fields as one text. @param neverIndexed - Where the names of those stand that must enter no table; credentials never do. */
export function fieldsText(fields: readonly string[], neverIndexed: readonly number[] = []): string {
  const texts: string[] = [];
  for (let index = 0; index < fields.length; index += 2) {
    const isMarked = neverIndexed.includes(index) && !/^(?:proxy-)?authorization$|^cookie$/.test(fields[index] ?? '');
    texts.push(`${fields[index]}=${fields[index + 1]}${isMarked ? '(never)' : ''}`);
  }
  return texts.join(' ');
}

function endOf(flags: number): string {
  return (flags & 1) === 1 ? ' END' : '';
}

function settingsOf(payload: Buffer): string[] {
  if (payload.length % 6 !== 0) throw new Error('SETTINGS are not whole');
  return Array.from({ length: payload.length / 6 }, (_, index) => {
    return `${payload.readUInt16BE(index * 6)}=${payload.readUInt32BE(index * 6 + 2)}`;
  });
}

function codeName(payload: Buffer, at: number, end: number): string {
  if (payload.length !== end || payload.length < at + 4) throw new Error('a frame has another size');
  return errorCodeNames[payload.readUInt32BE(at)] ?? String(payload.readUInt32BE(at));
}

/** Flags that may be set, and what a frame belongs to. PRIORITY, PUSH_PROMISE and padding are never sent by us. */
const RULES = {
  DATA: [0x1, 'stream'],
  HEADERS: [0x5, 'stream'],
  RST_STREAM: [0, 'stream'],
  SETTINGS: [0x1, 'connection'],
  PING: [0x1, 'connection'],
  GOAWAY: [0, 'connection'],
  WINDOW_UPDATE: [0, 'both'],
  CONTINUATION: [0x4, 'stream'],
  PRIORITY_UPDATE: [0, 'connection'],
} as const;

const TYPES: Readonly<Record<number, keyof typeof RULES>> = {
  0: 'DATA',
  1: 'HEADERS',
  3: 'RST_STREAM',
  4: 'SETTINGS',
  6: 'PING',
  7: 'GOAWAY',
  8: 'WINDOW_UPDATE',
  9: 'CONTINUATION',
  16: 'PRIORITY_UPDATE',
};
