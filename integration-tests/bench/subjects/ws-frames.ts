import { randomFillSync } from 'node:crypto';

/** A frame of text, as a client sends it: masked. */
export function clientFrame(payload: Buffer): Buffer {
  const head = headOf(payload.length, 0x80);
  const frame = Buffer.allocUnsafe(head.length + 4 + payload.length);
  frame.set(head);
  const mask = randomFillSync(frame.subarray(head.length, head.length + 4));
  const start = head.length + 4;
  for (let index = 0; index < payload.length; index++) {
    frame[start + index] = (payload[index] ?? 0) ^ (mask[index & 3] ?? 0);
  }
  return frame;
}

/** A frame of text, as a server sends it. */
export function serverFrame(payload: Buffer): Buffer {
  return Buffer.concat([headOf(payload.length, 0), payload]);
}

/** For payloads of less than 64 KiB. */
function headOf(length: number, maskBit: number): Buffer {
  return length < 126
    ? Buffer.from([0x81, maskBit | length])
    : Buffer.from([0x81, maskBit | 126, length >> 8, length & 0xff]);
}
