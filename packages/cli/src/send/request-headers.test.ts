import { describe, expect, it } from 'vitest';
import { version } from '../version.ts';
import type { RequestHeadersInit } from './request-headers.ts';
import { asksForChunks, requestHeaders, typedHeader } from './request-headers.ts';

describe('requestHeaders', () => {
  it('has defaults, and what was typed behind them, as it was typed', () => {
    expect(headersOf({ typed: ['x-b: 2', 'X-A:1', 'x-b: 3'] })).toEqual([
      `User-Agent: lamella/${version}`,
      'Accept: */*',
      'x-b: 2',
      'X-A: 1',
      'x-b: 3',
    ]);
  });

  it('replaces defaults by what was typed, and leaves out those typed without a value', () => {
    expect(headersOf({ typed: ['user-agent: me', 'ACCEPT:', 'X-Empty;', 'Host: other'] })).toEqual([
      'user-agent: me',
      'X-Empty: ',
      'Host: other',
    ]);
  });

  it('sends credentials to whom they are for', () => {
    const all = { credentials: 'me:secret', typed: ['User-Agent:', 'Accept:'] };
    expect(headersOf(all)).toEqual(['Authorization: Basic bWU6c2VjcmV0']);
    expect(headersOf({ ...all, isSameOrigin: false })).toEqual([]);
    expect(headersOf({ ...all, credentials: 'you' })).toEqual(['Authorization: Basic eW91Og==']);
  });

  it('sends cookies to whom they are for, unless others were typed', () => {
    const all = { cookies: 'a=1; b=2', typed: ['User-Agent:', 'Accept:'] };
    expect(headersOf(all)).toEqual(['Cookie: a=1; b=2']);
    expect(headersOf({ ...all, isSameOrigin: false })).toEqual([]);
    expect(headersOf({ ...all, typed: [...all.typed, 'cookie: c=3'] })).toEqual(['cookie: c=3']);
  });

  it('asks for compressed content if told so, unless that was typed', () => {
    const typed = ['User-Agent:', 'Accept:'];
    expect(headersOf({ typed, isCompressed: true })).toEqual(['Accept-Encoding: zstd, br, gzip, deflate']);
    expect(headersOf({ typed: [...typed, 'accept-encoding: br'], isCompressed: true })).toEqual([
      'accept-encoding: br',
    ]);
  });

  it('tells another origin neither typed credentials, nor cookies, nor the host that was asked for', () => {
    const typed = ['authorization: x', 'Cookie: y', 'HOST: z', 'X-Kept: 1', 'User-Agent:', 'Accept:'];
    expect(headersOf({ typed, isSameOrigin: false })).toEqual(['X-Kept: 1']);
    expect(headersOf({ typed })).toHaveLength(4);
  });

  it('says nothing of content that a redirect has taken away', () => {
    const typed = [
      'content-TYPE: a',
      'Content-Length: 3',
      'Content-Encoding: x',
      'X-Content: 1',
      'User-Agent:',
      'Accept:',
    ];
    expect(headersOf({ typed, hasLostContent: true })).toEqual(['X-Content: 1']);
    expect(headersOf({ typed })).toHaveLength(4);
  });

  it('has the fields of the content, in the place of defaults', () => {
    const content = [
      ['Content-Type', 'application/json'],
      ['Accept', 'application/json'],
    ] as const;
    expect(headersOf({ content, typed: ['User-Agent:'] })).toEqual([
      'Content-Type: application/json',
      'Accept: application/json',
    ]);
    expect(headersOf({ content, typed: ['User-Agent:', 'content-type: text/x'] })).toEqual([
      'Accept: application/json',
      'content-type: text/x',
    ]);
  });

  it('leaves the framing to the engine', () => {
    expect(headersOf({ typed: ['Transfer-Encoding: chunked', 'User-Agent:', 'Accept:'] })).toEqual([]);
  });
});

describe('typedHeader', () => {
  it('sends what is not ASCII as UTF-8', () => {
    expect(typedHeader('X: ü').value).toBe('\xc3\xbc');
  });

  it.each(['', 'no colon', ': value', 'a b: c', 'x'])('refuses %j', (line) => {
    expect(() => typedHeader(line)).toThrow(expect.objectContaining({ exitCode: 2 }));
  });
});

describe('asksForChunks', () => {
  it('sees Transfer-Encoding: chunked', () => {
    expect(asksForChunks([typedHeader('transfer-encoding: Chunked')])).toBe(true);
    expect(asksForChunks([typedHeader('Transfer-Encoding:'), typedHeader('X: chunked')])).toBe(false);
  });
});

type Init = Partial<Omit<RequestHeadersInit, 'typed'>> & { readonly typed?: readonly string[] };

function headersOf({ typed = [], ...changes }: Init): string[] {
  const nothing = { credentials: undefined, cookies: undefined, isCompressed: false, content: [] };
  const init = { ...nothing, hasLostContent: false, isSameOrigin: true, ...changes };
  const headers = requestHeaders({ ...init, typed: typed.map(typedHeader) });
  return Array.from(headers, ([name, value]) => `${name}: ${value}`);
}
