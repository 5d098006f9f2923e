import { create } from '@bufbuild/protobuf';
import { anyPack, DurationSchema } from '@bufbuild/protobuf/wkt';
import { ByteCursor } from '@lamella/net-core';
import { assertDecodeFails, assertDecodes, utf8 } from '@lamella/net-core/testing';
import { describe, expect, it } from 'vitest';
import { GrpcStatusError } from '../../errors.ts';
import { encodeTtrpcHeader, TtrpcFrameDecoder } from './ttrpc-frame.ts';
import { decodeTtrpcRequest, decodeTtrpcResponse, encodeTtrpcRequest, encodeTtrpcResponse } from './ttrpc-messages.ts';

const bytes = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('TtrpcFrameDecoder', () => {
  it('takes frames that are split anywhere', () => {
    const input = bytes('00000003 00000001 01 00 616263  00000000 fffffffd 03 05  00000001 00000002 63 ff 64');
    assertDecodes(() => viewless(new TtrpcFrameDecoder(3)), input, [
      { streamId: 1, type: 1, flags: 0, data: 'abc' },
      { streamId: 0xffff_fffd, type: 3, flags: 5, data: '' },
      { streamId: 2, type: 0x63, flags: 255, data: 'd' },
    ]);
  });

  it('passes over what is too long, and goes on behind it', () => {
    const input = bytes('00000004 00000001 01 00 61626364  00000003 00000003 01 00 616263');
    assertDecodes(() => viewless(new TtrpcFrameDecoder(3)), input, [
      { streamId: 1, type: 1, flags: 0, data: undefined },
      { streamId: 3, type: 1, flags: 0, data: 'abc' },
    ]);
  });

  it('refuses another protocol by its first byte', () => {
    const create = () => new TtrpcFrameDecoder(3);
    assertDecodeFails(create, utf8('GET / HTTP/1.1\r\n\r\n'), 'LML_ERR_TTRPC_BAD_LENGTH');
    assertDecodeFails(create, bytes('01000000 00000001 0100'), 'LML_ERR_TTRPC_BAD_LENGTH');
  });

  it('takes no memory for what a header promises', () => {
    const before = process.memoryUsage().arrayBuffers;
    const decoders = Array.from({ length: 200 }, () => new TtrpcFrameDecoder(4_194_304));
    for (const decoder of decoders) decoder.decode(new ByteCursor(bytes('00400000 00000001 0100 00')));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000); // of 800 MB
    expect(decoders.every(({ isAtBoundary }) => !isAtBoundary)).toBe(true);
  });

  it('writes headers as they are read', () => {
    expect(Buffer.from(encodeTtrpcHeader(5, 2, 1, 0x01_02_03)).toString('hex')).toBe('00010203000000050201');
  });
});

describe('messages of ttRPC', () => {
  it('are those of its protobuf definition', () => {
    const payload = new Uint8Array([120]);
    const request = { service: 'a.B', method: 'C', payload, timeoutNano: 5n, metadata: ['k', 'v', 'k', 'w'] };
    const wire = encodeTtrpcRequest(request);
    expect(Buffer.from(wire).toString('hex')).toBe('0a03612e421201431a017820052a060a016b1201762a060a016b120177');
    expect(decodeTtrpcRequest(wire, 100)).toEqual(request);
    expect(Buffer.from(encodeTtrpcResponse({ failure: undefined, payload })).toString('hex')).toBe('0a00120178');
    expect(decodeTtrpcResponse(new Uint8Array([0x12, 1, 120]))).toEqual({ failure: undefined, payload });
  });

  it('carry a status with its details', () => {
    const details = [anyPack(DurationSchema, create(DurationSchema, { seconds: 7n }))];
    const failure = new GrpcStatusError(5, 'nö', { details });
    const { failure: read } = decodeTtrpcResponse(encodeTtrpcResponse({ failure, payload: new Uint8Array(0) }));
    expect([read?.statusName, read?.statusMessage, read?.details]).toEqual(['NOT_FOUND', 'nö', details]);
    expect(decodeTtrpcResponse(bytes('0a0b08ffffffffffffffffff01')).failure?.statusName).toBe('UNKNOWN');
  });

  it('leave out fields that nobody knows', () => {
    expect(decodeTtrpcRequest(bytes('0a0161 9a0602ffff 120162 180a'), 0)).toMatchObject({ service: 'a', method: 'b' });
    expect(decodeTtrpcResponse(bytes('9a0602ffff 0a00 120178')).payload).toEqual(utf8('x'));
  });

  it.each(['0a', '0aff', '0a05aa', 'ffffffffffffffffffffff', '2a0312', '2a030aff61', '07'])('refuse %s', (hex) => {
    expect(() => decodeTtrpcRequest(bytes(hex), 1_000)).toThrow(
      expect.objectContaining({ statusName: 'INVALID_ARGUMENT' }),
    );
  });

  it('refuse a status that can not be read', () => {
    for (const hex of ['0a0108', '0a02', '12ff']) {
      expect(() => decodeTtrpcResponse(bytes(hex))).toThrow(expect.objectContaining({ statusName: 'INTERNAL' }));
    }
  });

  it('hold as much metadata as may be, and no more', () => {
    const pair = (count: number) => bytes('2a060a016b120176'.repeat(count));
    expect(decodeTtrpcRequest(pair(2), 76).metadata).toHaveLength(4);
    const tooMuch = expect.objectContaining({ statusName: 'RESOURCE_EXHAUSTED' });
    expect(() => decodeTtrpcRequest(pair(2), 75)).toThrow(tooMuch);
    expect(() => decodeTtrpcRequest(bytes('2a00'.repeat(100_000)), 16_384)).toThrow(tooMuch);
  });
});

/** The same decoder with text for data, since views hold on to what the next piece overwrites. */
function viewless(decoder: TtrpcFrameDecoder) {
  return {
    decode(input: ByteCursor) {
      const frame = decoder.decode(input);
      return frame && { ...frame, data: frame.data && Buffer.from(frame.data).toString() };
    },
  };
}
