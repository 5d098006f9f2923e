/** A frame as a test wants it, right or wrong. RFC 6455 section 5.2. */
export interface FrameSpec {
  readonly opcode: number;
  readonly payload?: Uint8Array | string;
  /** Default true. */
  readonly fin?: boolean;
  /** The three reserved bits as a number, 4 being RSV1. Default 0. */
  readonly rsv?: number;
  /** Default: as the role of the sender asks for it. */
  readonly masked?: boolean;
  /** A length that the payload does not have. */
  readonly claimedLength?: number;
}

/** A frame that came from the code under test. */
export interface SeenFrame {
  readonly opcode: number;
  readonly fin: boolean;
  readonly rsv: number;
  readonly masked: boolean;
  readonly payload: Buffer;
}

export const CONTINUATION = 0;
export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

/** Encodes a frame. */
export function encodeFrame(spec: FrameSpec, isMasked: boolean): Buffer {
  const { opcode, fin = true, rsv = 0, masked = isMasked } = spec;
  const payload = Buffer.from(spec.payload ?? '');
  const length = spec.claimedLength ?? payload.length;
  const maskBit = masked ? 0x80 : 0;
  const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  const extended = Buffer.alloc(length < 126 ? 0 : length < 65_536 ? 2 : 8);
  if (extended.length === 2) extended.writeUInt16BE(length);
  if (extended.length === 8) extended.writeBigUInt64BE(BigInt(length));
  const short = extended.length === 0 ? length : extended.length === 2 ? 126 : 127;
  const head = Buffer.concat([Buffer.from([first, maskBit | short]), extended]);
  if (!masked) return Buffer.concat([head, payload]);
  return Buffer.concat([head, MASK, payload.map((byte, index) => byte ^ (MASK[index & 3] ?? 0))]);
}

/** Takes all whole frames off the front of `bytes`. */
export function decodeFrames(bytes: Buffer): { readonly frames: SeenFrame[]; readonly rest: Buffer } {
  const frames: SeenFrame[] = [];
  let rest = bytes;
  for (;;) {
    const decoded = decodeFrame(rest);
    if (decoded === undefined) return { frames, rest };
    frames.push(decoded.frame);
    rest = rest.subarray(decoded.length);
  }
}

/** Payload of a close frame. */
export function closePayload(code: number, reason: string | Uint8Array = ''): Buffer {
  return Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]);
}

function decodeFrame(bytes: Buffer): { readonly frame: SeenFrame; readonly length: number } | undefined {
  const [first, second] = bytes;
  if (first === undefined || second === undefined) return undefined;
  const masked = (second & 0x80) !== 0;
  const short = second & 0x7f;
  const extendedBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const start = 2 + extendedBytes + (masked ? 4 : 0);
  if (bytes.length < start) return undefined;
  const size = extendedBytes === 0 ? short : Number(BigInt(`0x${bytes.toString('hex', 2, 2 + extendedBytes)}`));
  if (bytes.length < start + size) return undefined;
  const mask = bytes.subarray(start - 4, start);
  const payload = Buffer.from(bytes.subarray(start, start + size));
  if (masked) for (const [index, byte] of payload.entries()) payload[index] = byte ^ (mask[index & 3] ?? 0);
  const frame = { opcode: first & 0xf, fin: (first & 0x80) !== 0, rsv: (first >> 4) & 7, masked, payload };
  return { frame, length: start + size };
}

const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);
