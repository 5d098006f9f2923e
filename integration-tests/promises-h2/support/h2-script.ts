import { errorCodeNames, RawFrameReader, rawFrame } from '@lamella/http2/testing';
import { PlainHpack, plainBlock } from './plain-hpack.ts';

/**
 * Frames as lines: `HEADERS` or `HEADERS END` with the fields behind it, one a line as `name: value`; `DATA "abc"`, with `END` behind
 * it if the stream ends so; `RST_STREAM CANCEL`; `GOAWAY 1 NO_ERROR`. Of stream 1, where no other number stands in front.
 */
export type FrameLines = readonly string[];

/** What clients of HTTP/2 send first. RFC 9113 section 3.4. */
export const PREFACE: Uint8Array = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

/** A SETTINGS frame. */
export function settingsFrame(...pairs: readonly (readonly [identifier: number, value: number])[]): Uint8Array {
  const payload = Buffer.alloc(pairs.length * 6);
  for (const [index, [identifier, value]] of pairs.entries()) {
    payload.writeUInt16BE(identifier, index * 6);
    payload.writeUInt32BE(value, index * 6 + 2);
  }
  return rawFrame(SETTINGS, 0, 0, payload);
}

/** Says that the settings of the peer are known. */
export const SETTINGS_ACK: Uint8Array = Uint8Array.of(0, 0, 0, 4, 1, 0, 0, 0, 0);

/** The bytes of a script. A field section goes in one frame, or in as many as it needs. */
export function framesOf(lines: FrameLines): Uint8Array {
  const frames: Uint8Array[] = [];
  for (let index = 0; index < lines.length; index++) {
    const [, number = '1', type, rest = ''] = START.exec(lines[index] ?? '') ?? [];
    const streamId = Number(number);
    const flags = rest.endsWith('END') ? END_STREAM : 0;
    switch (type) {
      case 'HEADERS': {
        let end = index + 1;
        while (end < lines.length && !START.test(lines[end] ?? '')) end++;
        frames.push(...sectionOf(flags, streamId, plainBlock(lines.slice(index + 1, end))));
        index = end - 1;
        break;
      }
      case 'DATA': {
        // What stands in quotes was written as JSON, and so is text.
        const text = JSON.parse(rest.replace(/ END$/, '')) as string;
        frames.push(rawFrame(DATA, flags, streamId, Buffer.from(text, 'latin1')));
        break;
      }
      case 'RST_STREAM':
        frames.push(rawFrame(RST_STREAM, 0, streamId, wordOf(errorCodeNames.indexOf(rest))));
        break;
      case 'GOAWAY': {
        const [last, code = ''] = rest.split(' ');
        frames.push(
          rawFrame(GOAWAY, 0, 0, Buffer.concat([wordOf(Number(last)), wordOf(errorCodeNames.indexOf(code))])),
        );
        break;
      }
      default:
        throw new Error(`no frame: ${JSON.stringify(lines[index])}`);
    }
  }
  return Buffer.concat(frames);
}

/** Makes lines of frames, but not of those that keep a connection going: SETTINGS, WINDOW_UPDATE, PING. */
export class FrameLinesReader {
  readonly #hpack = new PlainHpack();
  readonly #frames = new RawFrameReader();
  #section: { start: string; block: Buffer } | undefined;

  /** Takes bytes, cut anywhere. @returns The lines of the frames that are whole. */
  read(bytes: Uint8Array): string[] {
    const lines: string[] = [];
    for (const { type, flags, streamId, payload } of this.#frames.read(bytes)) {
      lines.push(...this.#linesOf(type, flags, streamId === 1 || streamId === 0 ? '' : `${streamId} `, payload));
    }
    return lines;
  }

  #linesOf(type: number, flags: number, number: string, payload: Buffer): string[] {
    const end = (flags & END_STREAM) === 0 ? '' : ' END';
    switch (type) {
      case DATA:
        return [`${number}DATA ${JSON.stringify(payload.toString('latin1'))}${end}`];
      case HEADERS:
        return this.#fields({ start: `${number}HEADERS${end}`, block: payload }, flags);
      case CONTINUATION: {
        if (this.#section === undefined) throw new Error('CONTINUATION stands alone');
        const { start, block } = this.#section;
        return this.#fields({ start, block: Buffer.concat([block, payload]) }, flags);
      }
      case RST_STREAM:
        return [`${number}RST_STREAM ${errorCodeNames[payload.readUInt32BE(0)]}`];
      case GOAWAY:
        return [`GOAWAY ${payload.readUInt32BE(0)} ${errorCodeNames[payload.readUInt32BE(4)]}`];
      case SETTINGS:
      case PING:
      case WINDOW_UPDATE:
        return [];
      default:
        throw new Error(`a frame of type ${type} was sent`);
    }
  }

  #fields(section: { start: string; block: Buffer }, flags: number): string[] {
    const isWhole = (flags & END_HEADERS) !== 0;
    this.#section = isWhole ? undefined : section;
    return isWhole ? [section.start, ...this.#hpack.read(section.block)] : [];
  }
}

function sectionOf(flags: number, streamId: number, block: Uint8Array): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let at = 0; at === 0 || at < block.length; at += MAX_FRAME_BYTES) {
    const last = at + MAX_FRAME_BYTES >= block.length ? END_HEADERS : 0;
    const piece = block.subarray(at, at + MAX_FRAME_BYTES);
    frames.push(rawFrame(at === 0 ? HEADERS : CONTINUATION, at === 0 ? flags | last : last, streamId, piece));
  }
  return frames;
}

function wordOf(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

const START = /^(?:([0-9]+) )?(HEADERS|DATA|RST_STREAM|GOAWAY)(?: ([\s\S]*))?$/;
const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const SETTINGS = 4;
const PING = 6;
const GOAWAY = 7;
const WINDOW_UPDATE = 8;
const CONTINUATION = 9;
/** RFC 9113 section 6.5.2, SETTINGS_MAX_FRAME_SIZE. */
const MAX_FRAME_BYTES = 16_384;
const END_STREAM = 1;
const END_HEADERS = 4;
