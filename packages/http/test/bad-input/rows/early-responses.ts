/** A good response that is broken off at every byte. */
export interface EarlyResponseEnd {
  readonly name: string;
  /** What an end within it breaks. */
  readonly rule: string;
  readonly input: string;
}

/** Responses that end too early, in good order and by a reset: at each of their bytes. */
export const earlyResponseEnds: readonly EarlyResponseEnd[] = [
  {
    name: 'without content',
    rule: 'RFC 9112 section 8: a response whose head is cut off is incomplete',
    input: 'HTTP/1.1 204 No Content\r\nX: 1\r\n\r\n',
  },
  {
    name: 'with a length',
    rule: 'RFC 9112 section 8: a response with fewer bytes than its length is incomplete',
    input: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
  },
  {
    name: 'in chunks, with an extension and a trailer',
    rule: 'RFC 9112 section 8: a response without its last chunk is incomplete',
    input: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX: 1\r\n\r\n',
  },
  {
    name: 'behind an interim one',
    rule: 'RFC 9112 section 9.5: a connection may end before the final response',
    input: 'HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  },
];
