import { createHash, timingSafeEqual } from 'node:crypto';
import { UsageError } from '@lamella/service-core';

/** A name and its password. */
export interface BasicCredentials {
  /** Without a colon, not empty. */
  readonly name: string;
  /** Any text; sent as UTF-8. */
  readonly password: string;
}

/**
 * Reads the bytes `name:password` of the values of an Authorization or Proxy-Authorization field. RFC 7617 section 2.
 *
 * @param values - Values of all fields of that name.
 * @returns `undefined` unless there is one field, of scheme Basic, in plain base64.
 *
 * @example
 * parseBasicCredentials(['Basic YW5uOnNlY3JldA==']); // bytes of 'ann:secret'
 */
export function parseBasicCredentials(values: readonly string[]): Uint8Array | undefined {
  const match = BASIC.exec(values.length === 1 ? (values[0] ?? '') : '');
  return match?.[1] === undefined ? undefined : Buffer.from(match[1], 'base64');
}

/** Splits `name:password`; a password may hold colons. @returns `undefined` if there is no colon, or the bytes are no UTF-8. */
export function splitBasicCredentials(bytes: Uint8Array): BasicCredentials | undefined {
  let text: string;
  try {
    text = UTF8.decode(bytes);
  } catch {
    return undefined;
  }
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { name: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** The value of an Authorization field. @throws UsageError if the name is empty or holds a colon, or either a control character. */
export function formatBasicCredentials({ name, password }: BasicCredentials): string {
  requireUserName(name);
  // RFC 7617 section 2: neither may hold a control character.
  if (typeof password !== 'string' || CONTROL.test(name) || CONTROL.test(password)) {
    throw new UsageError('a user name or password must be text without control characters');
  }
  return `Basic ${Buffer.from(`${name}:${password}`, 'utf8').toString('base64')}`;
}

/**
 * Makes a check of secrets against a fixed list.
 *
 * @remarks
 * How long it takes says nothing about how close a guess was: secrets are hashed, and all of them compared in constant time.
 *
 * @returns Gives the index of the match, or -1; also for `undefined`, which takes as long.
 */
export function secretTable(secrets: readonly Uint8Array[]): (given: Uint8Array | undefined) => number {
  const expected = secrets.map(digest);
  return (given) => {
    const actual = digest(given ?? NOTHING);
    let found = -1;
    // All are compared, so that the place of a match in the list does not show either.
    for (const [index, candidate] of expected.entries()) if (timingSafeEqual(candidate, actual)) found = index;
    return given === undefined ? -1 : found;
  };
}

/**
 * {@link secretTable} of users.
 *
 * @throws UsageError if there is no user, a name is empty or holds a colon, or a password is no text.
 */
export function userTable(users: readonly BasicCredentials[]): (given: Uint8Array | undefined) => string | undefined {
  if (!Array.isArray(users) || users.length === 0) throw new UsageError('basic auth needs at least one user');
  for (const { name, password } of users) {
    requireUserName(name);
    if (typeof password !== 'string') throw new UsageError('a password must be text'); // `undefined` would be one
  }
  const find = secretTable(users.map(({ name, password }) => Buffer.from(`${name}:${password}`, 'utf8')));
  return (given) => users[find(given)]?.name;
}

function requireUserName(name: unknown): void {
  if (typeof name !== 'string' || name === '' || name.includes(':')) {
    throw new UsageError('a user name must not be empty or hold a colon');
  }
}

function digest(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

const BASIC = /^basic[ ]+([A-Za-z0-9+/]+={0,2})$/i;
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const CONTROL = /[\x00-\x1f\x7f]/;
const NOTHING = new Uint8Array(0);
