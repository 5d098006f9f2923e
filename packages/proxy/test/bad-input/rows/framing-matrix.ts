import type { ProxyCase } from '../support/proxy-case.ts';
import { BAD_REQUEST, OK, post, seen } from '../support/proxy-case.ts';

/** A way to write, or to hide, a field that frames a message. */
export interface Disguise {
  readonly name: string;
  readonly lines: readonly string[];
  /** What a strict reader makes of it: a length of 5 or 0, chunks, nothing, or a refusal. */
  readonly means: 'five' | 'zero' | 'chunks' | 'nothing' | 'refusal';
}

/** Content-Length, in all its disguises. */
export const lengths: readonly Disguise[] = [
  { name: 'no length', lines: [], means: 'nothing' },
  { name: 'a length', lines: ['Content-Length: 5'], means: 'five' },
  { name: 'a length in odd case behind a tab', lines: ['cONTENT-lENGTH:\t5 '], means: 'five' },
  { name: 'a length of 0', lines: ['Content-Length: 0'], means: 'zero' },
  { name: 'a name that only looks like it', lines: ['Content_Length: 50', 'X-Content-Length: 50'], means: 'nothing' },
  { name: 'a signed length', lines: ['Content-Length: +5'], means: 'refusal' },
  { name: 'a negative length', lines: ['Content-Length: -5'], means: 'refusal' },
  { name: 'a length in hexadecimal', lines: ['Content-Length: 0x5'], means: 'refusal' },
  { name: 'a list of lengths', lines: ['Content-Length: 5, 5'], means: 'refusal' },
  { name: 'two equal lengths', lines: ['Content-Length: 5', 'Content-Length: 5'], means: 'refusal' },
  { name: 'two different lengths', lines: ['Content-Length: 5', 'Content-Length: 6'], means: 'refusal' },
  { name: 'a length behind a blank', lines: ['Content-Length : 5'], means: 'refusal' },
  { name: 'a folded length', lines: ['X: 1', ' Content-Length: 5'], means: 'refusal' },
  { name: 'a length behind a bare CR', lines: ['X: 1\rContent-Length: 5'], means: 'refusal' },
  { name: 'a length with a NUL', lines: ['Content-Length: 5\0'], means: 'refusal' },
  { name: 'an empty length', lines: ['Content-Length:'], means: 'refusal' },
];

/** Transfer-Encoding, in all its disguises. */
export const codings: readonly Disguise[] = [
  { name: 'no coding', lines: [], means: 'nothing' },
  { name: 'chunked', lines: ['Transfer-Encoding: chunked'], means: 'chunks' },
  { name: 'chunked in odd case behind a tab', lines: ['tRANSFER-eNCODING:\tCHUNKED '], means: 'chunks' },
  { name: 'a name that only looks like it', lines: ['Transfer_Encoding: chunked', 'X: chunked'], means: 'nothing' },
  { name: 'identity', lines: ['Transfer-Encoding: identity'], means: 'refusal' },
  { name: 'chunked, then identity', lines: ['Transfer-Encoding: chunked, identity'], means: 'refusal' },
  { name: 'gzip', lines: ['Transfer-Encoding: gzip'], means: 'refusal' },
  { name: 'a word that ends in chunked', lines: ['Transfer-Encoding: xchunked'], means: 'refusal' },
  { name: 'chunked twice', lines: ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], means: 'refusal' },
  { name: 'chunked behind a blank', lines: ['Transfer-Encoding : chunked'], means: 'refusal' },
  { name: 'chunked behind a vertical tab', lines: ['Transfer-Encoding:\x0bchunked'], means: 'refusal' },
  { name: 'chunked on a folded line', lines: ['Transfer-Encoding:', ' chunked'], means: 'refusal' },
  { name: 'chunked in quotes', lines: ['Transfer-Encoding: "chunked"'], means: 'refusal' },
  { name: 'chunked behind a bare LF', lines: ['X: 1\nTransfer-Encoding: chunked'], means: 'refusal' },
];

/**
 * A request by both, in either order, whose next bytes are an empty chunked body, or five bytes of content, or no request; behind
 * them stands one that must never be a part of the first.
 */
export function framedBy(length: Disguise, coding: Disguise, order: 'length first' | 'coding first'): ProxyCase {
  const lines = order === 'length first' ? [...length.lines, ...coding.lines] : [...coding.lines, ...length.lines];
  const name = `${length.name} and ${coding.name}, ${order}`;
  const rule = 'RFC 9112 section 6.3: one framing, or none';
  const input = `${post(...lines)}0\r\n\r\nGET @/next HTTP/1.1\r\nHost: origin.test\r\n\r\n`;
  const fields = lines.filter((line) => !/^(?:content-length|transfer-encoding):/i.test(line));
  const first = (content: string) => seen('POST /', content, ...fields);
  switch (meaningOf(length, coding)) {
    case 'five':
      return { name, rule, input, answers: OK + OK, end: 'kept', forwards: [first('0\r\n\r\n'), seen('GET /next')] };
    case 'chunks':
      return { name, rule, input, answers: OK + OK, end: 'kept', forwards: [first(''), seen('GET /next')] };
    case 'nothing':
      return { name, rule, input, answers: OK + BAD_REQUEST, forwards: [first('')] };
    default:
      return { name, rule, input, answers: BAD_REQUEST };
  }
}

function meaningOf(length: Disguise, coding: Disguise): Disguise['means'] {
  if (length.means === 'refusal' || coding.means === 'refusal') return 'refusal';
  if (coding.means === 'nothing') return length.means === 'zero' ? 'nothing' : length.means;
  return length.means === 'nothing' ? 'chunks' : 'refusal';
}
