import { HttpHeaders } from '@lamella/http';
import { describe, expect, it } from 'vitest';
import { tunnelHead } from './server-messages.ts';

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
