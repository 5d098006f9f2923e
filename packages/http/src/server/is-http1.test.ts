import { describe, expect, it } from 'vitest';
import { isHttp1 } from './is-http1.ts';

describe('isHttp1', () => {
  it.each([
    ['GET / HTTP/1.1\r\n', 'yes'],
    ['OPTIONS * HTTP/1.0\n', 'yes'],
    ['M-SEARCH http://a.test/ HTTP/1.1\r\nHost: a', 'yes'],
    ['', 'more'],
    ['G', 'more'],
    ['GET ', 'more'],
    ['GET /a', 'more'],
    ['GET /a ', 'more'],
    ['GET /a HTTP/1.1', 'more'],
    ['GET /a HTTP/1.1\r', 'more'],
    ['get key\r\n', 'no'], // memcached
    ['PRI * HTTP/2.0\r\n', 'no'],
    ['GET / HTTP/2.0\r\n', 'no'],
    ['GET / HTTP/1.1 \r\n', 'no'],
    ['SSH-2.0-OpenSSH_9.6\r\n', 'no'],
    ['EHLO mail.test\r\n', 'no'],
    [`${'A'.repeat(33)} `, 'no'],
    ['\u0016\u0003\u0001', 'no'],
    [`GET /${'a'.repeat(8_192)}`, 'no'],
  ])('says of %j: %s', (bytes, answer) => {
    expect(isHttp1(Buffer.from(bytes, 'latin1'))).toBe(answer);
  });
});
