import type { CookieJar } from '@lamella/http-cookies';
import { createCookieJar } from '@lamella/http-cookies';

/** A jar that was read, and the lines that were no cookies. */
export interface NetscapeCookies {
  readonly jar: CookieJar;
  /** Lines, counted from 1, that are neither a cookie nor a comment, or hold what no cookie may hold. */
  readonly refusedLines: readonly number[];
}

/**
 * Reads the file format of browsers of old, in which curl keeps its cookies: seven fields a line, with tabs between.
 *
 * @remarks
 * As curl does it: a domain behind `#HttpOnly_` has an HttpOnly cookie, every other `#` begins a comment, and a line that begins with
 * `Set-Cookie:` is a header field, whose cookie must say its Domain. Cookies that have expired are left out.
 *
 * @param text - One character a byte.
 */
export function readNetscapeCookies(text: string, nowMs: number): NetscapeCookies {
  const cookies: object[] = [];
  const fields: string[] = [];
  const refusedLines: number[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const entry = entryOf(line.replace(/\r$/, ''), nowMs);
    if (entry === 'refused') refusedLines.push(index + 1);
    else if (entry !== 'nothing' && 'field' in entry) fields.push(entry.field);
    else if (entry !== 'nothing') cookies.push(entry.cookie);
  }
  const jar = createCookieJar({ from: { cookies } });
  for (const field of fields) jar.accept(field, `https://${domainOf(field)}/`);
  return { jar, refusedLines };
}

/**
 * Writes a jar in that format, oldest cookies first.
 *
 * @remarks
 * A cookie of a session has 0 for its end, as curl writes it. One with a tab in it, which would become another cookie, is left out.
 */
export function writeNetscapeCookies(jar: CookieJar, nowMs: number): string {
  const rows = jar
    .toJSON()
    .cookies.toSorted((a, b) => timeOf(a['creation']) - timeOf(b['creation']))
    .filter(({ expires }) => expires === undefined || timeOf(expires) > nowMs)
    .map(rowOf)
    .filter((row) => row.every((field) => !field.includes('\t')));
  return `${HEAD}${rows.map((row) => `${row.join('\t')}\n`).join('')}`;
}

/** `nothing` is what a file may hold beside cookies, and cookies whose time is over. */
type Entry = { readonly cookie: object } | { readonly field: string } | 'nothing' | 'refused';

function entryOf(line: string, nowMs: number): Entry {
  const [, field] = /^set-cookie:\s*(.*)$/i.exec(line) ?? [];
  if (field !== undefined) return domainOf(field) === undefined ? 'refused' : { field };
  if (line.trim() === '' || (line.startsWith('#') && !line.startsWith('#HttpOnly_'))) return 'nothing';
  const match = ROW.exec(line);
  if (match === null) return 'refused';
  const [, httpOnly, domain = '', below = '', path = '', secure = '', expires = '', key = '', value = ''] = match;
  const endMs = Math.min(Number(expires) * 1_000, MAX_TIME_MS);
  const cookie = {
    key,
    value,
    domain: domain.toLowerCase(),
    path,
    secure: isTrue(secure),
    httpOnly: httpOnly !== undefined,
    hostOnly: !isTrue(below),
    ...(endMs === 0 ? {} : { expires: new Date(endMs).toISOString() }),
  };
  if (!isAcceptable(cookie)) return 'refused';
  return endMs === 0 || endMs > nowMs ? { cookie } : 'nothing';
}

function isAcceptable(cookie: object): boolean {
  try {
    createCookieJar({ from: { cookies: [cookie] } });
    return true;
  } catch {
    return false;
  }
}

function domainOf(field: string): string | undefined {
  return /;\s*domain\s*=\s*\.?([^;\s]+)/i.exec(field)?.[1];
}

function rowOf({
  domain,
  hostOnly,
  path,
  secure,
  httpOnly,
  expires,
  key,
  value,
}: Readonly<Record<string, unknown>>): string[] {
  const isHostOnly = hostOnly === true;
  return [
    `${httpOnly === true ? '#HttpOnly_' : ''}${isHostOnly ? '' : '.'}${textOf(domain)}`,
    isHostOnly ? 'FALSE' : 'TRUE',
    textOf(path),
    secure === true ? 'TRUE' : 'FALSE',
    expires === undefined ? '0' : String(Math.floor(timeOf(expires) / 1_000)),
    textOf(key),
    textOf(value),
  ];
}

/** A jar leaves out what is empty. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function timeOf(value: unknown): number {
  return typeof value === 'string' ? Date.parse(value) : 0;
}

function isTrue(text: string): boolean {
  return text.toUpperCase() === 'TRUE';
}

const ROW =
  /^(#HttpOnly_)?\.?([^\t#]+)\t(true|false)\t(\/[^\t]*)\t(true|false)\t([0-9]{1,18})\t([^\t]*)(?:\t([^\t]*))?$/i;
const MAX_TIME_MS = Date.UTC(9999, 11, 31, 23, 59, 59);
const HEAD = `# Netscape HTTP Cookie File
# Written by lamella send; whatever else reads this format may change it.

`;
