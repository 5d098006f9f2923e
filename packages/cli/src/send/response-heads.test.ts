import { HttpResponse } from '@lamella/http';
import { describe, expect, it } from 'vitest';
import { ResponseHeads } from './response-heads.ts';

describe('ResponseHeads', () => {
  it('are printed as they came, one after the other', () => {
    expect(textOf(setup(302, 200))).toBe('HTTP/1.1 302 Found\r\n\r\nHTTP/1.1 200 OK\r\n\r\n');
    expect(setup().bytes).toBeUndefined();
  });

  it('of attempts that gave way are not printed, those of redirects before are', () => {
    const heads = setup(302);
    heads.mark();
    heads.add(HttpResponse.from({ status: 503 }));
    heads.rewind();
    heads.add(HttpResponse.from({ status: 200 }));
    expect(textOf(heads)).toBe('HTTP/1.1 302 Found\r\n\r\nHTTP/1.1 200 OK\r\n\r\n');
  });

  it('of a command that begins anew are forgotten', () => {
    const heads = setup(302, 200);
    heads.clear();
    heads.mark();
    heads.add(HttpResponse.from({ status: 404 }));
    expect(textOf(heads)).toBe('HTTP/1.1 404 Not Found\r\n\r\n');
  });
});

function setup(...statuses: readonly number[]): ResponseHeads {
  const heads = new ResponseHeads();
  for (const status of statuses) heads.add(HttpResponse.from({ status }));
  return heads;
}

function textOf({ bytes }: ResponseHeads): string {
  return Buffer.from(bytes ?? []).toString('latin1');
}
