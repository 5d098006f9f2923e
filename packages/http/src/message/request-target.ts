import { isValidAuthority } from '@lamella/net-core';
import { UsageError } from '@lamella/service-core';

/** A request target, taken apart. RFC 9112 section 3.2. */
export interface RequestTarget {
  /** Which of the four forms it has. */
  readonly form: 'origin' | 'absolute' | 'authority' | 'asterisk';
  /** Scheme in lower case, of the absolute form. */
  readonly scheme: string | undefined;
  /** Host and optional port, of the absolute and the authority form. */
  readonly authority: string | undefined;
  /** Path as sent, percent-encoding untouched; `''` in the authority form, `'*'` in the asterisk form. */
  readonly path: string;
  /** Query without its `?`; `undefined` if there is none. */
  readonly query: string | undefined;
}

/**
 * Takes a request target apart.
 *
 * @param method - CONNECT has the authority form and nothing else; only OPTIONS may have the asterisk form.
 * @throws UsageError saying what is wrong, if the target has none of the four forms.
 */
export function parseRequestTarget(method: string, target: string): RequestTarget {
  requireText('target', target);
  const parsed = tryParseRequestTarget(method, target);
  if (typeof parsed !== 'string') return parsed;
  throw new UsageError(`request target ${JSON.stringify(target.slice(0, 100))}: ${parsed}`);
}

/**
 * Takes a request target apart.
 *
 * @returns The parts, or what is wrong as one sentence.
 */
export function tryParseRequestTarget(method: string, target: string): RequestTarget | string {
  if (target === lastTarget && method !== 'CONNECT') return lastParsed;
  if (NOT_IN_TARGET.test(target)) return 'it holds a blank, a control character, a "#" or a character beyond ASCII';
  if (method === 'CONNECT') return parseAuthorityForm(target);
  if (target.charCodeAt(0) === SLASH) return originForm(target);
  if (target === '*') return method === 'OPTIONS' ? ASTERISK : 'only OPTIONS may ask for "*"';
  return parseAbsoluteForm(target);
}

/** JavaScript may give a `URL`. @throws UsageError if it is no text. */
export function requireText(name: string, value: unknown): void {
  if (typeof value === 'string') return;
  const got = value instanceof URL ? 'a URL: give its href' : String(value).slice(0, 100);
  throw new UsageError(`${name} must be text, such as 'http://example.com/', got ${got}`);
}

function originForm(target: string): RequestTarget {
  const mark = target.indexOf('?');
  return {
    form: 'origin',
    scheme: undefined,
    authority: undefined,
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? undefined : target.slice(mark + 1),
  };
}

/** RFC 9112 section 3.2.3: host and port, both. */
function parseAuthorityForm(target: string): RequestTarget | string {
  if (!isValidAuthority(target)) return 'CONNECT needs host:port';
  if (!HAS_PORT.test(target)) return 'CONNECT needs a port';
  return { form: 'authority', scheme: undefined, authority: target, path: '', query: undefined };
}

/** RFC 9112 section 3.2.2: a whole URL, with a host and without user information (RFC 9110 section 4.2.4). */
function parseAbsoluteForm(target: string): RequestTarget | string {
  const origin = keptOrigin(target) ?? readOrigin(target);
  if (typeof origin === 'string') return origin;
  const { scheme, authority, text } = origin;
  const { path, query } = originForm(target.slice(text.length));
  // An empty path is `/` when it is sent to an origin, and nothing for OPTIONS; whoever sends it decides.
  const parsed: RequestTarget = { form: 'absolute', scheme, authority, path, query };
  if (target.length <= MAX_KEPT_LENGTH) {
    keepOrigin(origin);
    lastTarget = target;
    lastParsed = parsed;
  }
  return parsed;
}

/** The origin that a target starts with, if it was read lately. */
function keptOrigin(target: string): TargetOrigin | undefined {
  const { text } = lastOrigin;
  if (target.startsWith(text) && endsOrigin(target, text.length)) return lastOrigin;
  const end = target.indexOf('/', target.indexOf('://') + 3);
  return keptOrigins.get(end < 0 ? target : target.slice(0, end));
}

function keepOrigin(origin: TargetOrigin): void {
  if (origin === lastOrigin) return;
  lastOrigin = origin;
  keptOrigins.set(origin.text, origin);
  const [oldest] = keptOrigins.size > MAX_KEPT_ORIGINS ? keptOrigins.keys() : [];
  if (oldest !== undefined) keptOrigins.delete(oldest);
}

/** Reads scheme and authority of a whole URL. */
function readOrigin(target: string): TargetOrigin | string {
  const schemeEnd = target.indexOf('://');
  if (schemeEnd < 0 || !SCHEME.test(target.slice(0, schemeEnd))) return 'it is neither a path nor a whole URL';
  const authorityStart = schemeEnd + 3;
  let authorityEnd = authorityStart;
  while (!endsOrigin(target, authorityEnd)) authorityEnd++;
  const authority = target.slice(authorityStart, authorityEnd);
  if (authority.includes('@')) return 'user information in a URL is not allowed';
  if (!isValidAuthority(authority)) return `${JSON.stringify(authority)} is not host or host:port`;
  return { text: target.slice(0, authorityEnd), scheme: target.slice(0, schemeEnd).toLowerCase(), authority };
}

/** Whether the authority, if it goes up to there, does not go on. */
function endsOrigin(target: string, at: number): boolean {
  if (at >= target.length) return true;
  const code = target.charCodeAt(at);
  return code === SLASH || code === QUESTION;
}

/** The front of a whole URL. */
interface TargetOrigin {
  /** As it stands there. */
  readonly text: string;
  /** In lower case. */
  readonly scheme: string;
  readonly authority: string;
}

const ASTERISK: RequestTarget = {
  form: 'asterisk',
  scheme: undefined,
  authority: undefined,
  path: '*',
  query: undefined,
};
const NOT_IN_TARGET = /[^\x21\x22\x24-\x7e]/;
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*$/;
const HAS_PORT = /:[0-9]+$/;
const SLASH = 0x2f;
const QUESTION = 0x3f;
/** Longer targets are not kept in memory behind their request. */
const MAX_KEPT_LENGTH = 1_024;

/** A valid one: most requests of a process go to where the one before went. */
let lastOrigin: TargetOrigin = { text: 'http://localhost', scheme: 'http', authority: 'localhost' };
/** Valid ones by their text: the others go to where some others went, such as the servers of a group. */
const keptOrigins = new Map<string, TargetOrigin>();
const MAX_KEPT_ORIGINS = 64;
/** A whole URL, and what it says: many requests go to the very same, such as the calls of one method of gRPC. */
let lastTarget = 'http://localhost/';
let lastParsed: RequestTarget = {
  form: 'absolute',
  scheme: 'http',
  authority: 'localhost',
  path: '/',
  query: undefined,
};
