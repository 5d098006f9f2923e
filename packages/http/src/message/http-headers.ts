import { UsageError } from '@lamella/service-core';
import { isFieldValue, isToken, trimBlanks } from './field-syntax.ts';

/** What {@link HttpHeaders.from} takes: headers, pairs in order, or an object of names and values. */
export type HttpHeadersInit =
  | HttpHeaders
  | Iterable<readonly [name: string, value: string]>
  | Readonly<Record<string, string | readonly string[]>>;

/**
 * Makes headers of a decoded and validated head, without splitting it yet.
 *
 * @param head - Start line, field lines and the empty line, one character a byte.
 * @param start - Index of the first field line.
 * @param initials - {@link initialBit} of all names together.
 */
export let fromHead: (head: string, start: number, initials: number) => HttpHeaders;

/** One of 32 bits for the first character of a name, as a byte; the same for both cases. */
export function initialBit(first: number): number {
  return 1 << (first & 0x1f);
}

/**
 * Makes headers of names and values in turn that are known to be valid; for engines. The list is taken over.
 *
 * @param fields - Names and values in turn, in order, one character a byte.
 * @param neverIndexed - Names that came as never to be indexed, in lower case; see {@link HttpHeaders.neverIndexed}.
 */
export function headersOfValidFields(fields: string[], neverIndexed?: ReadonlySet<string>): HttpHeaders {
  return fromValidFields(fields, neverIndexed);
}

let fromValidFields: (fields: string[], neverIndexed?: ReadonlySet<string>) => HttpHeaders;

/**
 * The fields of a message: ordered pairs that keep their case and their duplicates.
 *
 * @remarks
 * Names compare without regard to case. Names and values are valid by construction (RFC 9110 section 5.5: no CR, LF, NUL
 * or character beyond U+00FF), so whoever sends them need not look again.
 *
 * A decoded head is kept as one string and split at the first use: a handler that looks at no header pays for none, nor does one that asks
 * for what is not there, mostly.
 *
 * @example
 * const headers = HttpHeaders.from([['Accept', 'text/html'], ['accept', 'text/plain']]);
 * headers.get('ACCEPT'); // 'text/html, text/plain'
 * headers.getAll('accept'); // ['text/html', 'text/plain']
 */
export class HttpHeaders implements Iterable<[name: string, value: string]> {
  /** Names and values in turn; `undefined` as long as the decoded head was not split. */
  #fields: string[] | undefined;
  #isShared = false;
  #head = '';
  #headStart = 0;
  /** What the names of a head that is not split begin with: most that are asked for, and are not there, are known by it. */
  #initials = 0;
  #wire: string | undefined;
  #neverIndexed: ReadonlySet<string> | undefined;

  static {
    fromHead = (head, start, initials) => {
      const headers = new HttpHeaders();
      headers.#head = head;
      headers.#headStart = start;
      headers.#initials = initials;
      return headers;
    };
    fromValidFields = (fields, neverIndexed) => {
      const headers = new HttpHeaders();
      headers.#fields = fields;
      headers.#neverIndexed = neverIndexed;
      return headers;
    };
  }

  /**
   * Makes headers.
   *
   * @param init - Pairs in the order in which they shall be sent. Default: none.
   * @throws UsageError if a name is no token, or a value holds a character that no field value may hold.
   */
  static from(init?: HttpHeadersInit): HttpHeaders {
    if (init === undefined) return fromValidFields([]);
    if (init instanceof HttpHeaders) return init.clone();
    const headers = new HttpHeaders();
    headers.#fields = [];
    for (const [name, value] of pairsOf(init)) headers.append(name, value);
    return headers;
  }

  /** Number of fields, duplicates counted. */
  get size(): number {
    return this.#list().length / 2;
  }

  /**
   * The value of a field; several fields of the name are joined as one list (RFC 9110 section 5.2).
   *
   * @param name - In any case.
   * @returns The value, joined by `", "` (`"; "` for Cookie), or `undefined` if there is no such field. For Set-Cookie, which
   * can't be joined, use {@link getAll}.
   */
  get(name: string): string | undefined {
    if (this.#hasNoneLike(name)) return undefined;
    const fields = this.#list();
    let found: string | undefined;
    for (let index = 0; index < fields.length; index += 2) {
      if (!isSameName(fields[index], name)) continue;
      const value = fields[index + 1] as string; // names and values come in pairs
      found = found === undefined ? value : found + (name.toLowerCase() === 'cookie' ? '; ' : ', ') + value;
    }
    return found;
  }

  /** All values of a field, in order. */
  getAll(name: string): string[] {
    const fields = this.#list();
    const values: string[] = [];
    for (let index = 0; index < fields.length; index += 2) {
      if (isSameName(fields[index], name)) values.push(fields[index + 1] as string); // pairs
    }
    return values;
  }

  /** Whether there is a field of this name. */
  has(name: string): boolean {
    if (this.#hasNoneLike(name)) return false;
    const fields = this.#list();
    for (let index = 0; index < fields.length; index += 2) if (isSameName(fields[index], name)) return true;
    return false;
  }

  /** Adds a field at the end. @throws UsageError if name or value is invalid. */
  append(name: string, value: string): void {
    const valid = validValue(name, value);
    this.#ownList().push(name, valid);
  }

  /**
   * Replaces the first field of this name where it stands, and removes its duplicates; appends if there is none.
   *
   * @throws UsageError if name or value is invalid.
   */
  set(name: string, value: string): void {
    const valid = validValue(name, value);
    const fields = this.#ownList();
    const at = indexOfName(fields, name, 0);
    if (at < 0) {
      fields.push(name, valid);
      return;
    }
    fields[at] = name;
    fields[at + 1] = valid;
    removeNamed(fields, name, at + 2);
  }

  /** Removes all fields of this name. @returns Whether there were any. */
  delete(name: string): boolean {
    if (!this.has(name)) return false;
    removeNamed(this.#ownList(), name, 0);
    return true;
  }

  /** Removes all fields that `shouldRemove` says. */
  deleteWhere(shouldRemove: (name: string, value: string) => boolean): void {
    const fields = this.#list();
    let kept: string[] | undefined; // made at the first field that goes: most messages lose none
    for (let index = 0; index < fields.length; index += 2) {
      const name = fields[index] as string; // pairs
      const value = fields[index + 1] as string;
      if (shouldRemove(name, value)) kept ??= fields.slice(0, index);
      else kept?.push(name, value);
    }
    if (kept === undefined) return;
    this.#fields = kept;
    this.#isShared = false;
    this.#wire = undefined;
  }

  /**
   * Names, in lower case, of the fields that nobody on the way may put into a table of compression, so that their values can't be guessed
   * by what they compress to: HTTP/2 sends them as literals that are never indexed (RFC 7541 section 7.1.3). Whatever came so is passed
   * on so. `undefined` if there are none.
   */
  get neverIndexed(): ReadonlySet<string> | undefined {
    return this.#neverIndexed;
  }

  /**
   * Adds a name to {@link neverIndexed}. Authorization, Proxy-Authorization and a short Cookie are sent like that anyway.
   *
   * @throws UsageError if the name is no token.
   */
  neverIndex(name: string): void {
    if (!isToken(name)) throw new UsageError(`header name ${JSON.stringify(name)} is not a token`);
    this.#neverIndexed = new Set([...(this.#neverIndexed ?? []), name.toLowerCase()]); // copies share the set
  }

  /** Makes a copy. @returns Headers with the same fields; changes of one do not show in the other. Cheap until one is changed. */
  clone(): HttpHeaders {
    const fields = this.#list();
    const copy = new HttpHeaders();
    copy.#fields = fields;
    copy.#wire = this.#wire;
    copy.#neverIndexed = this.#neverIndexed;
    copy.#isShared = this.#isShared = true;
    return copy;
  }

  /** The fields as pairs, in order. */
  *[Symbol.iterator](): Generator<[name: string, value: string]> {
    const fields = this.#list();
    for (let index = 0; index < fields.length; index += 2) yield [fields[index] as string, fields[index + 1] as string];
  }

  /** Names and values in turn, in order; not to be changed. */
  get flat(): readonly string[] {
    return this.#list();
  }

  /** The fields as they stand in an HTTP/1.1 head: `Name: value` lines, each with its CRLF. */
  toString(): string {
    if (this.#wire !== undefined) return this.#wire;
    const fields = this.#list();
    let wire = '';
    for (let index = 0; index < fields.length; index += 2) wire += `${fields[index]}: ${fields[index + 1]}\r\n`;
    this.#wire = wire;
    return wire;
  }

  /** The pairs, so that headers print readably. */
  toJSON(): [name: string, value: string][] {
    return [...this];
  }

  /** Whether it is known that there is no such field, without splitting the head. */
  #hasNoneLike(name: string): boolean {
    return this.#fields === undefined && (this.#initials & initialBit(name.charCodeAt(0))) === 0;
  }

  #list(): string[] {
    this.#fields ??= splitHead(this.#head, this.#headStart);
    return this.#fields;
  }

  #ownList(): string[] {
    let fields = this.#list();
    this.#wire = undefined;
    if (this.#isShared) {
      fields = this.#fields = fields.slice();
      this.#isShared = false;
    }
    return fields;
  }
}

function* pairsOf(init: Exclude<HttpHeadersInit, HttpHeaders>): Generator<readonly [string, string]> {
  if (Symbol.iterator in init) {
    yield* init as Iterable<readonly [string, string]>; // the only iterable of the union
    return;
  }
  for (const [name, value] of Object.entries(init)) {
    if (Array.isArray(value)) for (const single of value) yield [name, single];
    else yield [name, value as string]; // whatever else it is, `append` refuses it
  }
}

/** Field lines are known to be valid here, so looking for `:` and CRLF is enough. */
function splitHead(head: string, start: number): string[] {
  const fields: string[] = [];
  for (let at = start; ; ) {
    const lineEnd = head.indexOf('\r\n', at);
    if (lineEnd <= at) return fields;
    const colon = head.indexOf(':', at);
    fields.push(head.slice(at, colon), trimBlanks(head.slice(colon + 1, lineEnd)));
    at = lineEnd + 2;
  }
}

function isSameName(candidate: string | undefined, name: string): boolean {
  if (candidate === undefined || candidate.length !== name.length) return false;
  if (candidate === name) return true;
  // Most names of one length differ in their first letter; a bit off, it is the same in both cases.
  const isOther = (candidate.charCodeAt(0) ^ name.charCodeAt(0)) & ~0x20;
  return isOther === 0 && candidate.toLowerCase() === name.toLowerCase();
}

function indexOfName(fields: readonly string[], name: string, from: number): number {
  for (let index = from; index < fields.length; index += 2) if (isSameName(fields[index], name)) return index;
  return -1;
}

function removeNamed(fields: string[], name: string, from: number): void {
  for (let at = indexOfName(fields, name, from); at >= 0; at = indexOfName(fields, name, at)) fields.splice(at, 2);
}

function validValue(name: string, value: string): string {
  if (!isToken(name)) throw new UsageError(`header name ${JSON.stringify(name)} is not a token`);
  if (typeof value !== 'string') throw new UsageError(`the value of header ${name} must be text, got ${typeof value}`);
  if (!isFieldValue(value)) {
    throw new UsageError(`the value of header ${name} holds a character that no field value may hold`);
  }
  return trimBlanks(value);
}
