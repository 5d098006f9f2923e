import { HttpHeaders } from '@lamella/http';
import { UsageError } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import { GrpcMetadata } from '../messages/grpc-metadata.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { contentTypeOf, grpcFormatOf } from './content-type.ts';
import { acceptsEncoding, parseGrpcEncoding } from './grpc-encoding.ts';
import { decodeGrpcMessage, encodeGrpcMessage } from './grpc-message-text.ts';
import { GrpcStatus, grpcStatusName, parseGrpcStatus } from './grpc-status.ts';
import { formatGrpcTimeout, parseGrpcTimeout } from './grpc-timeout.ts';
import { headersOf, metadataOf } from './metadata-fields.ts';
import { grpcStatusOfHttp, grpcStatusOfReset } from './status-mapping.ts';

describe('grpc-message', () => {
  it.each([
    ['plain text ~!', 'plain text ~!'],
    ['100%', '100%25'],
    ['a\nb', 'a%0Ab'],
    ['é€😀', '%C3%A9%E2%82%AC%F0%9F%98%80'],
    ['\u007f', '%7F'],
    ['', ''],
    ['no such: ', 'no such:%20'],
    ['  a b  ', '%20 a b %20'],
    [' ', '%20'],
    ['\ta\n ', '%09a%0A%20'],
  ])('encodes %j as %j and back', (text, wire) => {
    expect(encodeGrpcMessage(text)).toBe(wire);
    expect(decodeGrpcMessage(wire)).toBe(text);
  });

  it.each([
    ['%', '%'],
    ['%4', '%4'],
    ['%zz%41', '%zzA'],
    ['100%!', '100%!'],
    ['%ff', '\ufffd'],
    ['%c3', '\ufffd'],
    ['%e2%82x', '\ufffdx'],
    ['ü%41', 'üA'],
    ['%Ff%4G%@A%`a%/0%:0', '\ufffd%4G%@A%`a%/0%:0'],
    ['%25%34%31', '%41'],
    ['😀%41', '😀A'],
  ])('reads %j, which is malformed, as %j', (wire, text) => expect(decodeGrpcMessage(wire)).toBe(text));
});

describe('grpc-timeout', () => {
  it.each([
    ['1H', 3_600_000],
    ['2M', 120_000],
    ['3S', 3_000],
    ['4m', 4],
    ['5u', 0.005],
    ['6n', 0.000006],
    ['0m', 0],
    ['99999999H', 99_999_999 * 3_600_000],
  ])('reads %s', (value, ms) => expect(parseGrpcTimeout(value)).toBeCloseTo(ms, 9));

  it.each(['', '1', 'S', '-1S', '+1S', '1.5S', '123456789S', '1s', '1h', ' 1S', '1S ', '1S, 1S', '0x1S', '1e2m'])(
    'finds %j malformed',
    (value) => expect(parseGrpcTimeout(value)).toBe(undefined),
  );

  it.each([
    [1, '1000u'],
    [0.0001, '1u'],
    [0.0015, '2u'],
    [99_999.999, '99999999u'],
    [99_999.9991, '100000m'],
    [99_999_999, '99999999m'],
    [100_000_000, '100000S'],
    [99_999_999_001, '1666667M'],
    [Number.MAX_SAFE_INTEGER, '99999999H'],
    [1e300, '99999999H'],
  ])('writes %d ms as %s', (ms, value) => expect(formatGrpcTimeout(ms)).toBe(value));
});

describe('statuses', () => {
  it.each([
    [undefined, undefined],
    ['0', 0],
    ['16', 16],
    ['17', 17],
    ['00', undefined],
    ['01', undefined],
    ['0, 0', undefined],
    ['-1', undefined],
    ['OK', undefined],
    ['', undefined],
    ['9999999999', undefined],
  ])('reads %j as %j', (value, code) => expect(parseGrpcStatus(value)).toBe(code));

  it('have names', () => {
    expect([grpcStatusName(5), grpcStatusName(17)]).toEqual(['NOT_FOUND', 'CODE_17']);
    for (const [name, code] of Object.entries(GrpcStatus)) expect(grpcStatusName(code)).toBe(name);
  });

  it.each([
    [200, 'UNKNOWN'],
    [204, 'UNKNOWN'],
    [302, 'UNKNOWN'],
    [400, 'INTERNAL'],
    [401, 'UNAUTHENTICATED'],
    [403, 'PERMISSION_DENIED'],
    [404, 'UNIMPLEMENTED'],
    [418, 'UNKNOWN'],
    [429, 'UNAVAILABLE'],
    [431, 'INTERNAL'],
    [500, 'UNKNOWN'],
    [502, 'UNAVAILABLE'],
    [503, 'UNAVAILABLE'],
    [504, 'UNAVAILABLE'],
  ])('of HTTP %i is %s', (status, name) => expect(grpcStatusName(grpcStatusOfHttp(status))).toBe(name));

  it.each([
    ['NO_ERROR', 'INTERNAL'],
    ['PROTOCOL_ERROR', 'INTERNAL'],
    ['INTERNAL_ERROR', 'INTERNAL'],
    ['FLOW_CONTROL_ERROR', 'INTERNAL'],
    ['SETTINGS_TIMEOUT', 'INTERNAL'],
    ['STREAM_CLOSED', 'UNKNOWN'],
    ['FRAME_SIZE_ERROR', 'INTERNAL'],
    ['REFUSED_STREAM', 'UNAVAILABLE'],
    ['CANCEL', 'CANCELLED'],
    ['COMPRESSION_ERROR', 'INTERNAL'],
    ['CONNECT_ERROR', 'INTERNAL'],
    ['ENHANCE_YOUR_CALM', 'RESOURCE_EXHAUSTED'],
    ['INADEQUATE_SECURITY', 'PERMISSION_DENIED'],
    ['HTTP_1_1_REQUIRED', 'UNKNOWN'],
    ['0x2a', 'UNKNOWN'],
  ])('of a reset with %s is %s', (code, name) => expect(grpcStatusName(grpcStatusOfReset(code))).toBe(name));
});

describe('content types', () => {
  it.each([
    ['application/grpc', 'proto'],
    ['application/grpc+proto', 'proto'],
    ['Application/GRPC+JSON', 'json'],
    ['application/grpc+vnd.x-1', 'vnd.x-1'],
    ['application/grpc; charset=utf-8', 'proto'],
    ['application/grpc+json ;a=b', 'json'],
    [undefined, undefined],
    ['', undefined],
    ['application/grpc+', undefined],
    ['application/grpc-web', undefined],
    ['application/grpc-web+proto', undefined],
    ['application/grpcx', undefined],
    ['application/json', undefined],
    ['text/html', undefined],
  ])('of %j is %j', (value, format) => expect(grpcFormatOf(value)).toBe(format));

  it('are written short', () => {
    expect([contentTypeOf('proto'), contentTypeOf('json')]).toEqual(['application/grpc', 'application/grpc+json']);
  });
});

describe('encodings', () => {
  it('are read', () => {
    const read = [undefined, 'gzip', 'DEFLATE', 'identity', 'snappy', '', 'gzip, gzip'].map(parseGrpcEncoding);
    expect(read).toEqual(['identity', 'gzip', 'deflate', 'identity', undefined, undefined, undefined]);
  });

  it('are accepted if the list says so', () => {
    expect(acceptsEncoding('identity, gzip', 'gzip')).toBe(true);
    expect(acceptsEncoding('identity,GZIP', 'gzip')).toBe(true);
    expect(acceptsEncoding('xgzip', 'gzip')).toBe(false);
    expect(acceptsEncoding(undefined, 'gzip')).toBe(false);
    expect(acceptsEncoding(undefined, 'identity')).toBe(true);
  });
});

describe('Base64', () => {
  it('comes with and without padding, and goes without', () => {
    for (let length = 0; length < 10; length++) {
      const bytes = Buffer.alloc(length, 0xfb);
      const padded = bytes.toString('base64');
      expect(encodeBase64(bytes)).toBe(padded.replaceAll('=', ''));
      expect(Buffer.from(decodeBase64(padded) ?? 'x')).toEqual(bytes);
      expect(Buffer.from(decodeBase64(encodeBase64(bytes)) ?? 'x')).toEqual(bytes);
    }
  });

  it.each(['A', 'AAAAA', 'AA=', 'AAA==', 'AAAA=', '=', '==', 'A===', 'AA-_', 'AA AA', 'AA\nAA', 'é'])(
    'finds %j malformed',
    (value) => expect(decodeBase64(value)).toBe(undefined),
  );
});

describe('metadata', () => {
  it('goes and comes in order, with binary values', () => {
    const sent = GrpcMetadata.from([
      ['X-One', 'a'],
      ['b-bin', new Uint8Array([1, 2, 3, 4])],
      ['x-one', ' b '],
    ]);
    const headers = headersOf(['te', 'trailers'], sent);
    expect([...headers]).toEqual([
      ['te', 'trailers'],
      ['x-one', 'a'],
      ['b-bin', 'AQIDBA'],
      ['x-one', 'b'],
    ]);
    expect(metadataOf(headers, 1_000).toJSON()).toEqual([
      ['x-one', 'a'],
      ['b-bin', 'AQIDBA=='],
      ['x-one', 'b'],
    ]);
  });

  it('takes lists of binary values apart, and leaves out what is malformed', () => {
    const headers = HttpHeaders.from([
      ['a-bin', 'AQ, Ag==,*,AQI'],
      ['b-bin', 'A'],
      ['c', 'é'],
      ["d'", 'x'],
      ['e-bin', ''],
    ]);
    expect(metadataOf(headers, 1_000).toJSON()).toEqual([
      ['a-bin', 'AQ=='],
      ['a-bin', 'Ag=='],
      ['a-bin', 'AQI='],
      ['e-bin', ''],
    ]);
  });

  it('leaves out what belongs to gRPC and HTTP, but not what a proxy may add', () => {
    const headers = HttpHeaders.from([
      ['Content-Type', 'application/grpc'],
      ['TE', 'trailers'],
      ['Host', 'a'],
      ['grpc-timeout', '1S'],
      ['grpc-future', '1'],
      ['Grpc-Status-Details-Bin', 'AQ'],
      ['user-agent', 'x'],
    ]);
    expect([...metadataOf(headers, 1_000)].map(([name]) => name)).toEqual(['grpc-status-details-bin', 'user-agent']);
  });

  it('knows names again, in each case in which they come', () => {
    const received = HttpHeaders.from([
      ['X-Twice', '1'],
      ['x-twice', '2'],
      ['X-Twice', '3'],
      ['Content-Type', 'a'],
      ['Content-Type', 'b'],
      ['Some-Bin', 'YQ'],
      ['Some-Bin', 'Yg'],
      ['odd!name', '4'],
      ['odd!name', '5'],
    ]);
    expect([...metadataOf(received, 10_000)]).toEqual([
      ['x-twice', '1'],
      ['x-twice', '2'],
      ['x-twice', '3'],
      ['some-bin', Buffer.from('a')],
      ['some-bin', Buffer.from('b')],
    ]);
  });

  it('is the own of each call, also where it was empty', () => {
    const [one, other] = [new GrpcMetadata(), new GrpcMetadata()];
    one.append('a', '1');
    one.append('b', '2');
    other.set('a', '3');
    expect([[...one], [...other], new GrpcMetadata().size]).toEqual([
      [
        ['a', '1'],
        ['b', '2'],
      ],
      [['a', '3']],
      0,
    ]);
  });

  it('is bounded', () => {
    const headers = HttpHeaders.from({ abc: '12345' }); // 3 + 5 + 32
    expect(metadataOf(headers, 40).size).toBe(1);
    expect(() => metadataOf(headers, 39)).toThrow(expect.objectContaining({ statusName: 'RESOURCE_EXHAUSTED' }));
    // Several values in one field count as several fields: 5 + 2 + 32, and twice 5 + 32.
    const several = HttpHeaders.from({ 'k-bin': ',,' });
    expect(metadataOf(several, 113).size).toBe(3);
    expect(() => metadataOf(several, 112)).toThrow(expect.objectContaining({ statusName: 'RESOURCE_EXHAUSTED' }));
  });

  it('is changed by name, in any case', () => {
    const metadata = GrpcMetadata.from({ a: ['1', '2'], 'k-bin': new Uint8Array([1]) });
    expect([metadata.get('A'), metadata.getAll('a'), metadata.has('b'), metadata.size]).toEqual([
      '1',
      ['1', '2'],
      false,
      3,
    ]);
    expect([metadata.get('k-bin'), metadata.getBinary('a'), metadata.getBinary('K-Bin')]).toEqual([
      undefined,
      undefined,
      new Uint8Array([1]),
    ]);
    const copy = GrpcMetadata.from(metadata);
    copy.set('a', '3');
    expect(copy.delete('k-bin')).toBe(true);
    expect(copy.delete('k-bin')).toBe(false);
    expect([...copy]).toEqual([['a', '3']]);
    expect(metadata.size).toBe(3);
  });

  it.each<[string, unknown]>([
    ['a b', 'x'],
    ['', 'x'],
    [':path', 'x'],
    ['grpc-x', 'x'],
    ['te', 'trailers'],
    ['Content-Type', 'x'],
    ['a', 'é'],
    ['a', 'x\n'],
    ['a', new Uint8Array(1)],
    ['a-bin', 'x'],
  ])('refuses %j with %j', (name, value) => {
    const metadata = new GrpcMetadata();
    expect(() => metadata.append(name, value as never)).toThrow(UsageError);
    expect(() => metadata.set(name, value as never)).toThrow(UsageError);
    expect(metadata.size).toBe(0);
  });
});
