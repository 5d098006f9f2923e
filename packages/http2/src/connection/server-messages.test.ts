import { HttpHeaders } from '@lamella/http';
import { describe, expect, it } from 'vitest';
import { responseHead, tunnelHead } from './server-messages.ts';

describe('tunnelHead', () => {
  it.each([
    ['says the date', {}, [':status', '200', 'date', 'now']],
    ['says no other date than the response does', { Date: 'then' }, [':status', '200', 'date', 'then']],
    [
      'leaves out what HTTP/2 has no place for',
      { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Accept': 'x', 'Content-Length': '0', Via: '1.1 a' },
      [':status', '200', 'via', '1.1 a', 'date', 'now'],
    ],
  ])('%s', (_what, headers, fields) => {
    expect(tunnelHead(101, HttpHeaders.from(headers), 'now')).toEqual(fields);
  });
});

describe('responseHead', () => {
  it.each(['x', '0x3', '-1', '1.0', '3, 3', ''])('refuses the length %j, whoever states it', (length) => {
    const headers = HttpHeaders.from({ 'Content-Length': length });
    for (const announced of ['stated', 3, undefined] as const) {
      expect(() => responseHead(200, headers, undefined, announced)).toThrow(
        'content-length must be a number of bytes',
      );
    }
  });

  it('says the length that is stated where nothing is known of the content', () => {
    const headers = HttpHeaders.from({ 'Content-Length': '0123' });
    expect(responseHead(200, headers, undefined, 'stated')).toEqual([':status', '200', 'content-length', '0123']);
  });
});
