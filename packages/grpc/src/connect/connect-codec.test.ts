import { HttpHeaders, HttpRequest } from '@lamella/http';
import { describe, expect, it } from 'vitest';
import { GrpcStatus } from '../codec/grpc-status.ts';
import { GrpcStatusError } from '../errors.ts';
import { callEndOf, trailersOf } from './call-end.ts';
import { connectCodeOf, httpStatusOf, statusOfConnectCode } from './connect-codes.ts';
import { connectErrorJson, errorOfConnectJson } from './connect-error.ts';
import { connectRequestOf, grpcHeadersOf } from './connect-request.ts';
import { connectTimeoutOf, grpcTimeoutOf } from './connect-timeout.ts';
import { encodeEndStream, parseEndStream } from './end-stream.ts';
import { queryMessageOf } from './query-message.ts';

describe('codes', () => {
  it('go both ways, each with its own name', () => {
    const statuses = Object.values(GrpcStatus).filter((status) => status !== GrpcStatus.OK);
    expect(statuses.map((status) => statusOfConnectCode(connectCodeOf(status)))).toEqual(statuses);
    expect(statuses.map(httpStatusOf)).toEqual([
      499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401,
    ]);
    expect([connectCodeOf(77), httpStatusOf(77), statusOfConnectCode('toString')]).toEqual(['unknown', 500, undefined]);
  });
});

describe('timeouts', () => {
  it.each([
    ['0', '0m'],
    ['1', '1000u'],
    ['9999999999', '10000000S'],
  ])('of %s ms', (value, expected) => expect(grpcTimeoutOf(value)).toBe(expected));

  it.each(['', '-1', '1.5', '1e3', ' 1', '10000000000', 'soon', '0x10', '٣'])('that are none: %j', (value) => {
    expect(grpcTimeoutOf(value)).toBeUndefined();
  });

  it('are rounded up, and cut to ten digits', () => {
    expect([connectTimeoutOf('1500u'), connectTimeoutOf('0m'), connectTimeoutOf('1n')]).toEqual(['2', '0', '1']);
    expect([connectTimeoutOf('99999999H'), connectTimeoutOf('soon')]).toEqual(['9999999999', undefined]);
  });
});

describe('errors', () => {
  it('read what is there, and leave out what can not be', () => {
    const error = errorOfConnectJson(
      {
        code: 'not_found',
        message: 'no',
        details: [{ type: 'a.B', value: 'AQ' }, { type: 1 }, { type: 'a.B', value: '*' }, 7],
      },
      GrpcStatus.UNKNOWN,
    );
    expect([error.statusName, error.statusMessage, error.details.map(({ typeUrl }) => typeUrl)]).toEqual([
      'NOT_FOUND',
      'no',
      ['type.googleapis.com/a.B'],
    ]);
    expect(connectErrorJson(error)).toEqual({
      code: 'not_found',
      message: 'no',
      details: [{ type: 'a.B', value: 'AQ' }],
    });
  });

  it.each([null, 7, 'x', [], {}, { code: 'ok' }, { code: 5 }, { code: 'nonsense', message: {} }])(
    '%j is the fallback',
    (value) => {
      const error = errorOfConnectJson(value, GrpcStatus.UNAVAILABLE);
      expect([error.statusName, error.statusMessage, error.details]).toEqual(['UNAVAILABLE', '', []]);
    },
  );
});

describe('the end of a stream', () => {
  it('goes there and back', () => {
    const failure = new GrpcStatusError(GrpcStatus.ABORTED, 'nö');
    const fields = ['x-a', '1', 'x-a', '2', '__proto__', 'x'];
    const end = parseEndStream(encodeEndStream({ failure, fields }).subarray(5));
    expect([end.failure?.statusName, end.failure?.statusMessage, end.fields]).toEqual(['ABORTED', 'nö', fields]);
    expect(parseEndStream(encodeEndStream({ failure: undefined, fields: [] }).subarray(5))).toEqual({
      failure: undefined,
      fields: [],
    });
  });

  it.each(['', '{', 'null', '7', '"x"'])('that is %j can not be read', (text) => {
    expect(() => parseEndStream(Buffer.from(text))).toThrow('INTERNAL');
  });

  it('leaves out what is no metadata', () => {
    const metadata = {
      'a b': ['x'],
      'x-a': ['1', 2, 'c\r\nd: e'],
      'x-b': 'no list',
      'grpc-status': ['0'],
      'X-C': ['3'],
    };
    const { fields } = parseEndStream(Buffer.from(JSON.stringify({ metadata, error: null })));
    expect(fields).toEqual(['x-a', '1', 'x-c', '3']);
    expect(parseEndStream(Buffer.from('{"metadata":[1]}')).fields).toEqual([]);
  });

  it('of gRPC without a status that can be read is UNKNOWN', () => {
    expect(callEndOf(HttpHeaders.from({ 'grpc-status': 'x', 'x-a': '1' }))).toMatchObject({
      failure: { statusName: 'UNKNOWN' },
      fields: ['x-a', '1'],
    });
    expect(trailersOf({ failure: undefined, fields: ['x-a', '1'] }).toJSON()).toEqual([
      ['grpc-status', '0'],
      ['x-a', '1'],
    ]);
  });
});

describe('requests', () => {
  it.each([
    ['POST', 'application/proto', '', { type: 'post', format: 'proto' }],
    ['POST', 'Application/JSON; charset=utf-8', '', { type: 'post', format: 'json' }],
    ['POST', 'application/connect+proto', '', { type: 'stream', format: 'proto' }],
    ['GET', undefined, '?encoding=json&message=%7B%7D', { type: 'get', format: 'json' }],
    ['GET', undefined, '?encoding=json', undefined],
    ['GET', undefined, '', undefined],
    ['PUT', 'application/json', '', undefined],
    ['POST', 'application/xml', '', undefined],
    ['POST', 'application/jsonx', '', undefined],
    ['POST', 'application/grpc+proto', '', undefined],
    ['POST', undefined, '', undefined],
  ] as const)('%s of %s with %j', (method, type, query, expected) => {
    const headers = type === undefined ? {} : { 'content-type': type };
    expect(connectRequestOf(HttpRequest.from({ method, target: `/a.B/C${query}`, headers }))).toEqual(expected);
  });

  it('become calls, without what only Connect says, and with what encodings gRPC knows', () => {
    const headers = {
      'content-type': 'application/json',
      'accept-encoding': 'br, gzip;q=0.5, deflate;q=0, GZIP',
      'connect-timeout-ms': '5',
      'connect-protocol-version': '1',
      'grpc-timeout': '1H',
      'x-a': '1',
    };
    const request = HttpRequest.from({ method: 'POST', target: '/a.B/C', headers });
    expect(grpcHeadersOf(request, { type: 'post', format: 'json' }, undefined).toJSON()).toEqual([
      ['content-type', 'application/grpc+json'],
      ['x-a', '1'],
      ['te', 'trailers'],
      ['grpc-timeout', '5000u'],
      ['grpc-accept-encoding', 'gzip,gzip'],
    ]);
  });
});

describe('messages in a query', () => {
  const messageOf = (query: string) => queryMessageOf(HttpRequest.from({ target: `/a.B/C?${query}` }));

  it.each([
    ['message=%7B%7D', '7b7d'],
    ['message=a+b%ff', '612062ff'],
    ['message=', ''],
    ['base64=1&message=_-8', 'ffef'],
    ['base64=1&message=_w==', 'ff'],
    ['base64=0&message=_w', '5f77'],
    ['connect=v1&message=a&other=%20', '61'],
  ])('%s', (query, hex) => expect(Buffer.from(messageOf(query).bytes).toString('hex')).toBe(hex));

  it.each([
    'base64=1&message=***',
    'base64=1&message=a',
    'message=%zz',
    'message=%f',
    'connect=v2&message=a',
    'message=a&message=b',
  ])('%s is none', (query) => expect(() => messageOf(query)).toThrow('INVALID_ARGUMENT'));
});
