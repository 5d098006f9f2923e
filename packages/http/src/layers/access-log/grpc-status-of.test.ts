import { describe, expect, it } from 'vitest';
import { HttpBody } from '../../message/http-body.ts';
import { HttpHeaders } from '../../message/http-headers.ts';
import { HttpResponse } from '../../message/http-response.ts';
import { grpcStatusOf } from './grpc-status-of.ts';

describe('grpcStatusOf', () => {
  it.each([
    ['0', 'OK'],
    ['5', 'NOT_FOUND'],
    ['16', 'UNAUTHENTICATED'],
    ['17', 'CODE_17'],
    ['999999999', 'CODE_999999999'],
    ['1000000000', undefined],
    ['05', undefined],
    ['-1', undefined],
    ['0, 0', undefined],
    ['5" 200', undefined],
    ['', undefined],
  ])('names %j, in the head or in the trailers, as %j', async (value, name) => {
    const fields = { 'Grpc-Status': value };
    expect(grpcStatusOf(HttpResponse.from({ headers: fields }))).toBe(name);
    const trailers = HttpHeaders.from(fields);
    const response = HttpResponse.from({ body: HttpBody.from('messages', { trailers: () => trailers }) });
    expect(grpcStatusOf(response)).toBeUndefined(); // nobody knows how it ends
    await response.body.bytes();
    expect(grpcStatusOf(response)).toBe(name);
  });

  it('knows of none where the response is no call, or is given up', () => {
    const response = HttpResponse.text('fine');
    expect(grpcStatusOf(response)).toBeUndefined();
    response.body.cancel();
    expect(grpcStatusOf(response)).toBeUndefined();
  });
});
