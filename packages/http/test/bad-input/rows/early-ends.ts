import { chunked, get, post } from '../support/bad-input.ts';

/** A good request that is broken off at every byte. */
export interface EarlyEnd {
  readonly name: string;
  /** What an end within it breaks. */
  readonly rule: string;
  readonly input: string;
  /** What reaches the service if the request is whole. */
  readonly serves: string;
  /** What the server sends when the head is there and the content is not. */
  readonly interim?: string;
}

/** Requests that end too early, in good order and by a reset: at each of their bytes. */
export const earlyEnds: readonly EarlyEnd[] = [
  {
    name: 'without content',
    rule: 'RFC 9112 section 8: a head that is cut off is incomplete',
    input: get('X: 1'),
    serves: 'GET a.test / ""',
  },
  {
    name: 'with a length',
    rule: 'RFC 9112 section 8: fewer bytes than Content-Length says are incomplete',
    input: `${post('Content-Length: 5')}hello`,
    serves: 'POST a.test / "hello"',
  },
  {
    name: 'in chunks, with an extension and a trailer',
    rule: 'RFC 9112 section 8: chunks without the last one and its empty line are incomplete',
    input: chunked('5;a=b\r\nhello\r\n0\r\nX: 1\r\n\r\n'),
    serves: 'POST a.test / "hello" [["X","1"]]',
  },
  {
    name: 'that ask for an upgrade, with content',
    rule: 'RFC 9112 section 8: so is the content of a request for an upgrade',
    input: `${post('Connection: Upgrade', 'Upgrade: x', 'Content-Length: 2')}hi`,
    serves: 'POST a.test / "hi"',
  },
  {
    name: 'that expect 100 (Continue)',
    rule: 'RFC 9112 section 8: so is content that was asked for',
    input: `${post('Expect: 100-continue', 'Content-Length: 2')}hi`,
    serves: 'POST a.test / "hi"',
    interim: 'HTTP/1.1 100 Continue\r\n\r\n',
  },
];
