import { HttpHeaders } from '@lamella/http';
import { describe, expect, it } from 'vitest';
import { addVia, hasVia } from './via.ts';

describe('a proxy finds itself in Via', () => {
  it.each([
    [['1.1 me']],
    [['1.0 a, 1.1 b (some thing), HTTP/1.1 \t me']],
    [['1.1 a', '1.1 me (and a comment)']],
    [[',,1.1 me,']],
    // What a client puts in front must not hide it: a quote in a comment quotes nothing.
    [['1.1 a (")', '1.1 me']],
    [['1.1 a (", 1.1 me']],
    [['"', '1.1 me', '"']],
    [['"\\', '1.1 me']],
  ])('%j', (lines) => {
    expect(hasVia(via(lines), 'me')).toBe(true);
  });

  it.each([[[]], [['1.1 you']], [['1.1 meadow', 'me 1.1']], [['1.1 a (me)']]])('and not in %j', (lines) => {
    expect(hasVia(via(lines), 'me')).toBe(false);
  });

  it('after it has passed it on, whatever was there before', () => {
    const headers = via(['1.1 a ("']);
    expect(hasVia(headers, 'me')).toBe(false);
    addVia(headers, '1.0', 'me');
    expect(hasVia(headers, 'me')).toBe(true);
    expect(headers.getAll('via')).toEqual(['1.1 a ("', '1.0 me']);
  });
});

function via(lines: readonly string[]): HttpHeaders {
  return HttpHeaders.from(lines.map((line) => ['Via', line] as const));
}
