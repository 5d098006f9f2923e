import { isValidAuthority } from '@lamella/net-core';
import { isConnectionSpecific } from './connection-specific.ts';
import { grpcValue } from './grpc-values.ts';
import type { Http2Priority } from './priority.ts';
import { parsePriority } from './priority.ts';

/** Head of a request, taken out of its fields. */
export interface Http2RequestHead {
  readonly method: string;
  /** In lower case; `''` for CONNECT. */
  readonly scheme: string;
  /** Host and optional port. */
  readonly authority: string;
  /** Path and query, or `*`; `''` for CONNECT. */
  readonly path: string;
  /** Protocol of an extended CONNECT, such as `websocket`. RFC 8441. */
  readonly protocol: string | undefined;
  /** Names and values in turn: Host, which says the authority, then the other regular fields. */
  readonly fields: string[];
  /** Content-Length in bytes, or -1. */
  readonly contentLength: number;
  /** What the client says of the order of responses; `undefined` if nothing. */
  readonly priority: Http2Priority | undefined;
  /** Names of the fields that must enter no table, pseudo-header fields among them. */
  readonly neverIndexed: ReadonlySet<string> | undefined;
}

/** Head of a response, taken out of its fields. */
export interface Http2ResponseHead {
  readonly status: number;
  /** Regular fields, names and values in turn. */
  readonly fields: string[];
  /** Content-Length in bytes, or -1. */
  readonly contentLength: number;
  /** Names of the fields that must enter no table. */
  readonly neverIndexed: ReadonlySet<string> | undefined;
}

/** Checks and takes apart decoded field sections. One per connection, since values repeat. RFC 9113 sections 8.2 and 8.3. */
export class MessageFields {
  #validMethod = 'GET';
  #validScheme = 'https';
  #validAuthority = '';
  /** Names and values that were valid in the last requests, by their place: clients say much the same each time. */
  readonly #lastFields: (string | undefined)[] = [];

  /**
   * Takes a request apart.
   *
   * @param allowsProtocol - Whether extended CONNECT was offered.
   * @returns What is wrong, as one sentence, if the request is malformed.
   */
  readRequest(
    section: readonly string[],
    allowsProtocol: boolean,
    neverIndexed?: ReadonlySet<string>,
  ): Http2RequestHead | string {
    let method: string | undefined;
    let scheme: string | undefined;
    let authority: string | undefined;
    let path: string | undefined;
    let protocol: string | undefined;
    let index = 0;
    for (; index < section.length; index += 2) {
      const name = section[index] as string; // names and values come in pairs
      if (name.charCodeAt(0) !== COLON) break;
      const value = section[index + 1] as string;
      if (name === ':method' && method === undefined) method = value;
      else if (name === ':path' && path === undefined) path = value;
      else if (name === ':scheme' && scheme === undefined) scheme = value;
      else if (name === ':authority' && authority === undefined) authority = value;
      else if (name === ':protocol' && protocol === undefined && allowsProtocol) protocol = value;
      else return wrongPseudo(name);
    }
    const regular = readRegular(section, index, true, this.#lastFields);
    if (typeof regular === 'string') return regular;
    if (method === undefined || !this.#isMethod(method)) return 'it has no valid :method';
    const { host, fields, priority } = regular;
    if (host !== undefined && authority !== undefined && host.toLowerCase() !== authority.toLowerCase()) {
      return 'Host and :authority differ'; // RFC 9113 section 8.3.1
    }
    const place = authority ?? host ?? '';
    if (!this.#isAuthority(place)) return 'it has no valid :authority';
    fields[1] = place;
    let { contentLength } = regular;
    if (method === 'CONNECT') {
      if (contentLength > 0) return 'CONNECT must not have a content-length';
      contentLength = -1; // the tunnel has no length
    }
    if (method === 'CONNECT' && protocol === undefined) {
      // RFC 9113 section 8.5: no scheme and no path.
      if (scheme !== undefined || path !== undefined) return 'CONNECT must have neither :scheme nor :path';
      if (authority === undefined) return 'CONNECT needs an :authority';
      scheme = path = '';
    } else {
      if (protocol !== undefined && (method !== 'CONNECT' || !isToken(protocol)))
        return 'it has a :protocol that it may not have';
      if (scheme === undefined || !this.#isScheme(scheme)) return 'it has no valid :scheme';
      if (path === undefined || !isPath(path, method)) return 'it has no valid :path';
    }
    return { method, scheme, authority: place, path, protocol, fields, contentLength, priority, neverIndexed };
  }

  // What was valid the last time mostly comes again.

  #isMethod(method: string): boolean {
    if (method === this.#validMethod) return true;
    if (!isToken(method)) return false;
    this.#validMethod = method;
    return true;
  }

  #isScheme(scheme: string): boolean {
    if (scheme === this.#validScheme) return true;
    if (!SCHEME.test(scheme)) return false;
    this.#validScheme = scheme;
    return true;
  }

  #isAuthority(authority: string): boolean {
    if (authority === this.#validAuthority) return authority !== '';
    if (!isValidAuthority(authority)) return false;
    this.#validAuthority = authority;
    return true;
  }
}

/** Takes a response apart. @returns What is wrong, as one sentence, if it is malformed. RFC 9113 section 8.3.2. */
export function readResponse(
  section: readonly string[],
  neverIndexed?: ReadonlySet<string>,
): Http2ResponseHead | string {
  const status = section[0] === ':status' ? (section[1] as string) : ''; // pairs
  if (!STATUS.test(status)) return 'it has no valid :status';
  if (status === '101') return '101 (Switching Protocols) does not exist in HTTP/2'; // RFC 9113 section 8.6
  const regular = readRegular(section, 2, false);
  if (typeof regular === 'string') return regular;
  return { status: Number(status), fields: regular.fields, contentLength: regular.contentLength, neverIndexed };
}

/** Checks a trailer section. @returns Its fields, or what is wrong. RFC 9113 section 8.1. */
export function readTrailers(section: readonly string[]): string[] | string {
  const regular = readRegular(section, 0, false);
  return typeof regular === 'string' ? regular : regular.fields;
}

interface RegularFields {
  readonly fields: string[];
  contentLength: number;
  host: string | undefined;
  priority: Http2Priority | undefined;
}

/** The fields from `start` on; in those of a request, the first one is to say its authority. RFC 9113 section 8.2. */
function readRegular(
  section: readonly string[],
  start: number,
  isRequest: boolean,
  known?: (string | undefined)[],
): RegularFields | string {
  const fields: string[] = isRequest ? ['host', ''] : [];
  const regular: RegularFields = { fields, contentLength: -1, host: undefined, priority: undefined };
  let cookieAt = -1;
  for (let index = start; index < section.length; index += 2) {
    const name = section[index] as string; // names and values come in pairs
    let value = section[index + 1] as string;
    if (known === undefined || name !== known[index] || value !== known[index + 1]) {
      if (!isLowerToken(name)) return wrongName(name);
      if (isCleanValue(value)) {
        if (known !== undefined) keep(known, index, name, value);
      } else {
        const repaired = grpcValue(section, name, value);
        if (repaired === undefined || !isCleanValue(repaired))
          return `the value of ${name} holds what no field value may hold`;
        value = repaired;
      }
    }
    switch (name.length) {
      case 2:
        if (name === 'te' && value.toLowerCase() !== 'trailers') return 'TE may only be "trailers"';
        break;
      case 4:
        if (name !== 'host' || !isRequest) break;
        if (regular.host !== undefined && regular.host !== value) return 'there is more than one Host field';
        regular.host = value;
        continue; // it goes to the authority
      case 6:
        if (name !== 'cookie') break;
        // RFC 9113 section 8.2.3: crumbs are put together again before anybody else sees them.
        if (cookieAt >= 0) {
          // An empty one would leave a blank at an end, which no value may have.
          if (fields[cookieAt] === '') fields[cookieAt] = value;
          else if (value !== '') fields[cookieAt] += `; ${value}`;
          continue;
        }
        cookieAt = fields.length + 1;
        break;
      case 7:
      case 10:
      case 16:
      case 17:
        if (isConnectionSpecific(name)) return `${name} belongs to HTTP/1.1`;
        break;
      case 8:
        if (name === 'priority' && isRequest) regular.priority = parsePriority(value);
        break;
      case 14:
        if (name !== 'content-length') break;
        if (!LENGTH.test(value) || (regular.contentLength >= 0 && regular.contentLength !== Number(value))) {
          return 'content-length must be one number';
        }
        if (regular.contentLength >= 0) continue;
        regular.contentLength = Number(value);
        break;
    }
    fields.push(name, value);
  }
  return regular;
}

/** Keeps a pair by its place, and no more than is little beside a connection. Where there is none, no text may stand: it would be valid. */
function keep(known: (string | undefined)[], index: number, name: string, value: string): void {
  if (index >= MAX_KNOWN || name.length + value.length > MAX_KNOWN_LENGTH) return;
  while (known.length < index) known.push(undefined);
  known[index] = name;
  known[index + 1] = value;
}

function wrongPseudo(name: string): string {
  const isKnown = /^:(method|path|scheme|authority)$/.test(name);
  return isKnown ? `${name} stands there twice` : `${JSON.stringify(name.slice(0, 40))} does not belong into a request`;
}

function wrongName(name: string): string {
  if (name.startsWith(':')) return `${JSON.stringify(name.slice(0, 40))} does not belong there`;
  return `${JSON.stringify(name.slice(0, 40))} is no field name in lower case`;
}

/** Visible ASCII without `#`, as in HTTP/1.1; from the root on. RFC 9113 section 8.3.1. */
function isPath(path: string, method: string): boolean {
  if (path.charCodeAt(0) !== SLASH) return path === '*' && method === 'OPTIONS';
  for (let index = 1; index < path.length; index++) {
    const code = path.charCodeAt(index);
    if (code <= SP || code >= DEL || code === HASH) return false;
  }
  return true;
}

function isToken(text: string): boolean {
  return isLowerToken(text.toLowerCase());
}

/** A token without capitals. RFC 9113 section 8.2.1. */
function isLowerToken(name: string): boolean {
  for (let index = 0; index < name.length; index++) {
    if (IS_LOWER_TOKEN[name.charCodeAt(index)] !== 1) return false;
  }
  return name.length > 0;
}

/** No control character but a tab within, no blank at either end. RFC 9113 section 8.2.1, RFC 9110 section 5.5. */
function isCleanValue(value: string): boolean {
  const { length } = value;
  if (length === 0) return true;
  if (isBlank(value.charCodeAt(0)) || isBlank(value.charCodeAt(length - 1))) return false;
  for (let index = 0; index < length; index++) {
    const code = value.charCodeAt(index);
    if ((code < SP && code !== HTAB) || code === DEL) return false;
  }
  return true;
}

function isBlank(code: number): boolean {
  return code === SP || code === HTAB;
}

const MAX_KNOWN = 64;
const MAX_KNOWN_LENGTH = 256;
const COLON = 0x3a;
const SLASH = 0x2f;
const HASH = 0x23;
const HTAB = 0x09;
const SP = 0x20;
const DEL = 0x7f;
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*$/;
const STATUS = /^[1-9][0-9]{2}$/;
const LENGTH = /^[0-9]{1,15}$/;
const IS_LOWER_TOKEN: Uint8Array = Uint8Array.from({ length: 256 }, (_, code) =>
  /^[!#$%&'*+\-.^_`|~0-9a-z]$/.test(String.fromCharCode(code)) ? 1 : 0,
);
