import { UsageError } from '@lamella/service-core';
import type { HttpHeaders } from '../../message/http-headers.ts';
import { requireFieldName, requireFieldValue, requireFunction } from '../shared/option-checks.ts';

/** A value of a header: text, or a function of the message that gives it; `undefined` leaves the header as it is. */
export type HeaderValue<Message> = string | ((message: Message) => string | undefined);

/** Changes to the header fields of a message, in the order in which they are made. */
export interface HeaderChangesOptions<Message> {
  /** Names of fields that are removed, in any case. Default: none. */
  readonly remove?: readonly string[];
  /**
   * Gives the new value of every field but the protected ones, or `undefined` to remove the field. Called with the name in lower case.
   * Default: fields stay.
   */
  readonly map?: (name: string, value: string, message: Message) => string | undefined;
  /** Fields that replace all of their name. Default: none. */
  readonly set?: Readonly<Record<string, HeaderValue<Message>>>;
  /** Fields that are added only where there is none of their name. Default: none. */
  readonly setIfMissing?: Readonly<Record<string, HeaderValue<Message>>>;
  /** Fields that are added behind all others, whether or not there is one of their name. Default: none. */
  readonly append?: Readonly<Record<string, HeaderValue<Message>>>;
}

/**
 * Makes a function that changes headers in place.
 *
 * @remarks
 * Fields that say how a message is framed, or where it goes, are not for layers: they are refused here, and `map` does not see them.
 *
 * @throws UsageError if a name is no header name or is protected, a value is no header value, or something is no function. The function
 * throws UsageError if a function gives a value that no header may hold: a line break can't be brought into a message.
 */
export function headerChanges<Message>(
  options: HeaderChangesOptions<Message>,
): (headers: HttpHeaders, message: Message) => void {
  const removed = lowerCaseNames(options.remove ?? []);
  const { map } = options;
  if (map !== undefined) requireFunction('map', map);
  const set = checkedFields('set', options.set);
  const setIfMissing = checkedFields('setIfMissing', options.setIfMissing);
  const append = checkedFields('append', options.append);

  return (headers, message) => {
    if (removed.size > 0) headers.deleteWhere((name) => removed.has(name.toLowerCase()));
    if (map !== undefined) mapFields(headers, (name, value) => map(name, value, message));
    for (const [name, value] of set) {
      const text = typeof value === 'string' ? value : value(message);
      if (text !== undefined) headers.set(name, text);
    }
    for (const [name, value] of setIfMissing) {
      if (headers.has(name)) continue;
      const text = typeof value === 'string' ? value : value(message);
      if (text !== undefined) headers.append(name, text);
    }
    for (const [name, value] of append) {
      const text = typeof value === 'string' ? value : value(message);
      if (text !== undefined) headers.append(name, text);
    }
  };
}

/** Puts every value through `change`; headers that nothing changes stay as they are. */
function mapFields(headers: HttpHeaders, change: (name: string, value: string) => string | undefined): void {
  const fields: [name: string, value: string][] = [];
  let isChanged = false;
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    const mapped = PROTECTED.has(lower) ? value : change(lower, value);
    isChanged ||= mapped !== value;
    if (mapped !== undefined) fields.push([name, mapped]);
  }
  if (!isChanged) return;
  headers.deleteWhere(() => true);
  for (const [name, value] of fields) headers.append(name, value);
}

function checkedFields<Message>(
  option: string,
  fields: Readonly<Record<string, HeaderValue<Message>>> = {},
): readonly (readonly [name: string, value: HeaderValue<Message>])[] {
  const entries = Object.entries(fields);
  for (const [name, value] of entries) {
    requireOpenName(option, name);
    if (typeof value === 'function') continue;
    if (typeof value !== 'string') throw new UsageError(`${option} ${name} must be text or a function`);
    requireFieldValue(`${option} ${name}`, value);
  }
  return entries;
}

function lowerCaseNames(names: readonly string[]): ReadonlySet<string> {
  if (!Array.isArray(names)) throw new UsageError('remove must be a list of header names');
  for (const name of names) requireOpenName('remove', name);
  return new Set(names.map((name) => name.toLowerCase()));
}

function requireOpenName(option: string, name: string): void {
  requireFieldName(option, name);
  if (!PROTECTED.has(name.toLowerCase())) return;
  throw new UsageError(`${option} can't change ${name}: it belongs to the framing or the way of a message`);
}

/**
 * What the engine says itself, about the framing of a message (RFC 9112 section 6), its connection (RFC 9110 section 7.6.1) and where
 * it goes (RFC 9112 section 3.2).
 */
const PROTECTED: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
