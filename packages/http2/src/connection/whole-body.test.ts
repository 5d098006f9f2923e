import { HttpBody, HttpHeaders } from '@lamella/http';
import { describe, expect, it } from 'vitest';
import { wholeBody } from './whole-body.ts';

describe('wholeBody', () => {
  it('keeps the content when the memory that it came in is used again', async () => {
    const memory = new Uint8Array(Buffer.from('content'));
    const body = wholeBody(memory, undefined);
    memory.fill(0);
    expect(body.size).toBe(7);
    expect(await body.text()).toBe('content');
  });

  it('is the empty one without content and trailers', () => {
    expect(wholeBody(undefined, undefined)).toBe(HttpBody.empty);
  });

  it('tells trailers when it was read, also without content', async () => {
    const trailers = HttpHeaders.from({ 'grpc-status': '0' });
    const body = wholeBody(undefined, trailers);
    expect(body.trailers).toBeUndefined();
    expect(await body.text()).toBe('');
    expect(body.trailers).toBe(trailers);
  });
});
