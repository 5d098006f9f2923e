import { isValidAuthority } from '@lamella/net-core';
import type { RequestHead } from '../codec/request-head-decoder.ts';
import { Http1ProtocolError } from '../errors.ts';
import { tryParseRequestTarget } from '../message/request-target.ts';

/**
 * Checks the rules that a request head must keep as a whole. One instance per connection: the Host of the last request is
 * remembered, so that a client which repeats it costs one comparison.
 */
export class RequestHeadCheck {
  #validHost: string | undefined;

  /** @returns What the head breaks, or `undefined`. */
  check(head: RequestHead): Http1ProtocolError | undefined {
    return checkFraming(head) ?? this.#checkHost(head) ?? checkTarget(head) ?? checkExpect(head);
  }

  /** RFC 9112 section 3.2: HTTP/1.1 has exactly one Host, and it is a valid one. */
  #checkHost(head: RequestHead): Http1ProtocolError | undefined {
    if (head.hostCount > 1) return badHost('there is more than one Host field');
    if (head.hostCount === 0)
      return head.version === '1.1' ? badHost('an HTTP/1.1 request needs a Host field') : undefined;
    if (head.host === this.#validHost) return undefined;
    if (!isValidAuthority(head.host))
      return badHost(`Host ${JSON.stringify(head.host.slice(0, 100))} is not host or host:port`);
    this.#validHost = head.host;
    return undefined;
  }
}

/** RFC 9112 sections 6.1 and 6.3. */
function checkFraming(head: RequestHead): Http1ProtocolError | undefined {
  if (head.isChunked && head.contentLength >= 0) {
    const message = 'a message must not have both content-length and transfer-encoding';
    return new Http1ProtocolError('LML_ERR_HTTP1_LENGTH_AND_TRANSFER_ENCODING', message);
  }
  if (head.isChunked && head.version === '1.0') {
    const message = 'an HTTP/1.0 request must not have transfer-encoding';
    return new Http1ProtocolError('LML_ERR_HTTP1_BAD_TRANSFER_ENCODING', message);
  }
  // RFC 9110 section 9.3.6: what follows a CONNECT belongs to the tunnel, so there is nothing to frame. Some clients say so.
  if (head.method === 'CONNECT' && (head.isChunked || head.contentLength > 0)) {
    const message = 'a CONNECT request must not have content';
    return new Http1ProtocolError('LML_ERR_HTTP1_FORBIDDEN_FIELD', message);
  }
  return undefined;
}

function checkTarget(head: RequestHead): Http1ProtocolError | undefined {
  // Most targets are paths, whose bytes the decoder has checked already.
  if (head.target.charCodeAt(0) === SLASH && head.method !== 'CONNECT') return undefined;
  const parsed = tryParseRequestTarget(head.method, head.target);
  return typeof parsed === 'string'
    ? new Http1ProtocolError('LML_ERR_HTTP1_BAD_TARGET', `bad target: ${parsed}`)
    : undefined;
}

/** RFC 9110 section 10.1.1: an expectation that can't be met is answered with 417. */
function checkExpect(head: RequestHead): Http1ProtocolError | undefined {
  if (!head.expectsOther) return undefined;
  return new Http1ProtocolError('LML_ERR_HTTP1_BAD_EXPECT', 'the only expectation that can be met is 100-continue');
}

function badHost(why: string): Http1ProtocolError {
  return new Http1ProtocolError('LML_ERR_HTTP1_BAD_HOST', why);
}

const SLASH = 0x2f;
