import { rawFrame as frame } from '../../src/testing/raw-frames.ts';

// Frames as a peer might send them, right or wrong, byte by byte by hand. Nothing of it is the engine's, which it is to judge.
export { frame };

/** What a client sends first, as RFC 9113 section 3.4 prints it. */
export const PREFACE: Uint8Array = Buffer.from('505249202a20485454502f322e300d0a0d0a534d0d0a0d0a', 'hex');

/** Bits of the flags. */
export const END_STREAM = 0x01;
export const ACK = 0x01;
export const END_HEADERS = 0x04;
export const PADDED = 0x08;
export const PRIORITY = 0x20;

/** Options of {@link data} and {@link headers}. */
export interface FrameOptions {
  readonly end?: boolean;
  /** Bytes of padding; `undefined` for a frame without the flag. */
  readonly pad?: number;
  /** For HEADERS: false when CONTINUATION follows. */
  readonly endHeaders?: boolean;
  /** For HEADERS: the stream that it depends on. */
  readonly dependsOn?: number;
}

/** A DATA frame. */
export function data(streamId: number, content: string | Uint8Array, options: FrameOptions = {}): Uint8Array {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'latin1') : content;
  return frame(0x0, endFlag(options) | padFlag(options), streamId, padded(bytes, options.pad));
}

/** A HEADERS frame: `content` is a block, or fields as names and values in turn. */
export function headers(
  streamId: number,
  content: readonly string[] | Uint8Array,
  options: FrameOptions = {},
): Uint8Array {
  const { endHeaders = true, dependsOn } = options;
  const block = content instanceof Uint8Array ? content : literalBlock(content);
  const priority = dependsOn === undefined ? NOTHING : Buffer.concat([word(dependsOn), Uint8Array.of(15)]);
  const flags =
    endFlag(options) | padFlag(options) | (endHeaders ? END_HEADERS : 0) | (dependsOn === undefined ? 0 : PRIORITY);
  return frame(0x1, flags, streamId, padded(Buffer.concat([priority, block]), options.pad));
}

/** A CONTINUATION frame. */
export function continuation(streamId: number, block: Uint8Array, endHeaders: boolean): Uint8Array {
  return frame(0x9, endHeaders ? END_HEADERS : 0, streamId, block);
}

/** A PRIORITY frame. */
export function priority(streamId: number, dependsOn: number): Uint8Array {
  return frame(0x2, 0, streamId, Buffer.concat([word(dependsOn), Uint8Array.of(15)]));
}

/** A RST_STREAM frame. */
export function reset(streamId: number, errorCode: number): Uint8Array {
  return frame(0x3, 0, streamId, word(errorCode));
}

/** A SETTINGS frame. */
export function settings(...pairs: (readonly [identifier: number, value: number])[]): Uint8Array {
  const payload = Buffer.alloc(pairs.length * 6);
  for (const [index, [identifier, value]] of pairs.entries()) {
    payload.writeUInt16BE(identifier, index * 6);
    payload.writeUInt32BE(value, index * 6 + 2);
  }
  return frame(0x4, 0, 0, payload);
}

/** The acknowledgement of SETTINGS. */
export const SETTINGS_ACK: Uint8Array = frame(0x4, ACK, 0);

/** A PUSH_PROMISE frame. */
export function pushPromise(streamId: number, promisedId: number, fields: readonly string[]): Uint8Array {
  return frame(0x5, END_HEADERS, streamId, Buffer.concat([word(promisedId), literalBlock(fields)]));
}

/** A PING frame. */
export function ping(text: string, isAck = false): Uint8Array {
  return frame(0x6, isAck ? ACK : 0, 0, Buffer.from(text, 'latin1'));
}

/** A GOAWAY frame. */
export function goaway(lastStreamId: number, errorCode: number, debugText = ''): Uint8Array {
  return frame(0x7, 0, 0, Buffer.concat([word(lastStreamId), word(errorCode), Buffer.from(debugText, 'latin1')]));
}

/** A WINDOW_UPDATE frame. */
export function windowUpdate(streamId: number, increment: number): Uint8Array {
  return frame(0x8, 0, streamId, word(increment));
}

/** A PRIORITY_UPDATE frame. RFC 9218 section 7.1. */
export function priorityUpdate(prioritizedId: number, value: string): Uint8Array {
  return frame(0x10, 0, 0, Buffer.concat([word(prioritizedId), Buffer.from(value, 'latin1')]));
}

/** Fields as the plainest block there is: each a literal that enters no table, without Huffman code. RFC 7541 section 6.2.2. */
export function literalBlock(fields: readonly string[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [index, text] of fields.entries()) {
    if (index % 2 === 0) parts.push(Uint8Array.of(0));
    parts.push(literalString(text));
  }
  return Buffer.concat(parts);
}

/** A string without Huffman code. RFC 7541 section 5.2. */
export function literalString(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'latin1');
  if (bytes.length < 127) return Buffer.concat([Uint8Array.of(bytes.length), bytes]);
  const length: number[] = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128);
  return Buffer.concat([Uint8Array.from([...length, rest]), bytes]);
}

/** 32 bits. */
export function word(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function endFlag({ end = false }: FrameOptions): number {
  return end ? END_STREAM : 0;
}

function padFlag({ pad }: FrameOptions): number {
  return pad === undefined ? 0 : PADDED;
}

function padded(bytes: Uint8Array, pad: number | undefined): Uint8Array {
  return pad === undefined ? bytes : Buffer.concat([Uint8Array.of(pad), bytes, new Uint8Array(pad)]);
}

const NOTHING = new Uint8Array(0);
