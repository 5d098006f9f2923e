import type { ProxyCase } from '../support/proxy-case.ts';
import { refused } from '../support/proxy-case.ts';

/** What stands where CRLF should. */
export const lineEnds: readonly (readonly [name: string, bytes: string])[] = [
  ['LF', '\n'],
  ['CR', '\r'],
  ['CR CR LF', '\r\r\n'],
  ['LF CR', '\n\r'],
  ['NUL CR LF', '\0\r\n'],
  ['a vertical tab and CR LF', '\x0b\r\n'],
];

/** Where: each place in a request by chunks that ends a line. */
const PLACES = [
  'the start line',
  'a field',
  'the last field',
  'the head',
  'a chunk size',
  'an extension',
  'the data of a chunk',
  'the last chunk',
  'a trailer',
  'the trailers',
] as const;

/** A request by chunks in which one line ends in something else than CRLF; behind it stands another request. */
export function endedBy(name: string, bytes: string): ProxyCase[] {
  return PLACES.map((place, at) => {
    const parts = [
      'POST @/ HTTP/1.1',
      'Host: origin.test',
      'Transfer-Encoding: chunked',
      '',
      '5',
      '2;a=b',
      'xx', // the two bytes of the chunk before
      '0',
      'X-Sum: 1',
      '',
    ];
    const lines = parts.map((part, index) => part + (index === at ? bytes : '\r\n'));
    const [start, host, coding, head, size, extension, data, last, trailer, end] = lines;
    const message = `${start}${host}${coding}${head}${size}hello\r\n${extension}${data}${last}${trailer}${end}`;
    return refused(
      `${name} behind ${place}`,
      `RFC 9112 section 2.2: CRLF behind ${place}`,
      `${message}GET @/hidden HTTP/1.1\r\nHost: origin.test\r\n\r\n`,
    );
  });
}
