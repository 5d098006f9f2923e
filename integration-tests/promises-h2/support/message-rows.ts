import type { FrameLines } from './h2-script.ts';
import type { Version, Wire } from './scripted-end.ts';
import type { ProxyOptions, Step, TranslationRow, Way, WayScript } from './translation-row.ts';
import { versionsOf, WAYS } from './translation-row.ts';

/** Field lines, each `name: value`, in order. */
export type Fields = readonly string[];

/** What holds on a way: what is said of it, else of the version of the side that is looked at, else of all. */
export type ByWay<Value> = Readonly<Partial<Record<Way | Version | 'all', Value>>>;

/** What is sent, by the version of who sends. */
export interface Sent<Value> {
  readonly h1?: Value;
  readonly h2?: Value;
}

/** A row about fields of a request without content. */
export interface FieldsRow {
  readonly rule: string;
  readonly proxy?: ProxyOptions;
  readonly sent: Sent<Fields>;
  /** Where `@via` stands, the proxy adds its own; else at the end. */
  readonly arrives: ByWay<Fields>;
}

/** A GET that carries these fields behind Host or the pseudo-header fields, answered with nothing. */
export function requestRow({ rule, proxy, sent, arrives }: FieldsRow): TranslationRow {
  return rowOf(rule, proxy, (way) => {
    const [from, to] = versionsOf(way);
    const fields = sent[from];
    const expected = pick(arrives, way, to);
    if (fields === undefined || expected === undefined) return undefined;
    return {
      steps: [
        { by: 'client', sends: requestOf(from, from, fields), origin: requestOf(from, to, withVia(expected, from)) },
      ],
    };
  });
}

/** A response without content that carries these fields, a Date in front. */
export function responseRow({ rule, proxy, sent, arrives }: FieldsRow): TranslationRow {
  return rowOf(rule, proxy, (way) => {
    const [to, from] = versionsOf(way);
    const fields = sent[from];
    const expected = pick(arrives, way, to);
    if (fields === undefined || expected === undefined) return undefined;
    return {
      steps: [
        plainRequest(way),
        {
          by: 'origin',
          sends: responseOf(from, [DATE, ...fields]),
          client: responseOf(to, [from === 'h1' ? DATE : DATE.replace('Date', 'date'), ...withVia(expected, from)]),
        },
      ],
    };
  });
}

/** A row whose scripts a function writes. */
export function rowOf(
  rule: string,
  proxy: ProxyOptions | undefined,
  scriptOf: (way: Way) => WayScript | undefined,
): TranslationRow {
  const ways: Partial<Record<Way, WayScript>> = {};
  for (const way of WAYS) {
    const script = scriptOf(way);
    if (script !== undefined) ways[way] = script;
  }
  return { rule, ways, ...(proxy === undefined ? {} : { proxy }) };
}

/** A GET with nothing in it, and how it arrives. */
export function plainRequest(way: Way): Step {
  const [from, to] = versionsOf(way);
  return { by: 'client', sends: requestOf(from, from, []), origin: requestOf(from, to, withVia([], from)) };
}

/** The Via of this proxy. @param from - The version in which the message came to it. */
export function via(from: Version): string {
  return from === 'h1' ? 'Via: 1.1 p' : 'Via: 2 p';
}

/** Field lines as HTTP/1.1 writes them. */
export function lines(fields: Fields): string {
  return fields.map((field) => `${field}\r\n`).join('');
}

/** Field lines as HTTP/2 writes them. */
export function lower(fields: Fields): string[] {
  return fields.map((field) => field.replace(/^[^:]*/, (name) => name.toLowerCase()));
}

/** The pseudo-header fields of a GET. */
export const GET: FrameLines = [':method: GET', ':scheme: http', ':authority: origin.test', ':path: /'];

/** The date of the origin. */
export const DATE = 'Date: Mon, 01 Jan 2001 00:00:00 GMT';

function requestOf(from: Version, version: Version, fields: Fields): Wire {
  if (version === 'h2') return ['HEADERS END', ...GET, ...lower(fields)];
  return `GET / HTTP/1.1\r\n${from === 'h1' ? 'Host' : 'host'}: origin.test\r\n${lines(fields)}\r\n`;
}

function responseOf(version: Version, fields: Fields): Wire {
  if (version === 'h2') return ['HEADERS END', ':status: 204', ...lower(fields)];
  return `HTTP/1.1 204 No Content\r\n${lines(fields)}\r\n`;
}

function withVia(fields: Fields, from: Version): Fields {
  return fields.includes('@via')
    ? fields.map((field) => (field === '@via' ? via(from) : field))
    : [...fields, via(from)];
}

/** What holds on a way. @param version - That of the side which is looked at. */
export function pick<Value>(byWay: ByWay<Value> | undefined, way: Way, version: Version): Value | undefined {
  return byWay?.[way] ?? byWay?.[version] ?? byWay?.all;
}
