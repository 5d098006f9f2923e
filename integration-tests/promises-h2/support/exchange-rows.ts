import type { ByWay, Sent } from './message-rows.ts';
import { lower, pick, rowOf } from './message-rows.ts';
import type { Wire } from './scripted-end.ts';
import type { ProxyOptions, Step, TranslationRow, Way, WayScript } from './translation-row.ts';
import { versionsOf } from './translation-row.ts';

const OLD_DATE = 'date: Mon, 01 Jan 2001 00:00:00 GMT';
const OWN_DATE = 'Date: Wed, 01 Jan 2020 00:00:00 GMT';

/**
 * A request and its response. `@v` becomes the version in which a message came to the proxy, as Via says it. Where the name of a field
 * stands in lower case, so it does on both versions.
 */
export interface ExchangeRow {
  readonly rule: string;
  readonly proxy?: ProxyOptions;
  /** Default: a plain GET. No case for a way whose message is not given. */
  readonly sends?: Sent<Wire>;
  /** What reaches the origin. Default, where `sends` is not given: the plain GET; else nothing. */
  readonly reaches?: ByWay<Wire>;
  /** What the client gets before the origin has answered. */
  readonly refused?: ByWay<Wire>;
  /** What the origin answers. Default: nothing. */
  readonly answers?: Sent<Wire>;
  /** What the client gets of it. */
  readonly gets?: ByWay<Wire>;
  /** What the origin sees behind its answer, such as a reset. */
  readonly stops?: ByWay<Wire>;
  /** What the client does behind its request. */
  readonly ending?: Step['ending'];
  /** What the origin does behind its answer. */
  readonly originEnding?: Step['ending'];
  readonly ended?: ByWay<NonNullable<WayScript['ended']>>;
}

/** The row of an exchange, on each way for which everything is given. */
export function exchangeRow(row: ExchangeRow): TranslationRow {
  return rowOf(row.rule, row.proxy, (way) => {
    const [client, origin] = versionsOf(way);
    const sends = (row.sends ?? PLAIN)[client];
    if (sends === undefined) return undefined;
    const reaches = pick(row.sends === undefined ? (row.reaches ?? PLAIN_ARRIVED) : row.reaches, way, origin);
    const refused = pick(row.refused, way, client);
    const steps: Step[] = [{ by: 'client', sends, ...optional('ending', row.ending), ...seen(way, reaches, refused) }];
    if (row.answers !== undefined || row.originEnding !== undefined) {
      const answers = row.answers?.[origin];
      const gets = pick(row.gets, way, client);
      if (row.answers !== undefined && answers === undefined) return undefined;
      if (row.gets !== undefined && gets === undefined) return undefined;
      const stops = pick(row.stops, way, origin);
      steps.push({
        by: 'origin',
        ...optional('sends', answers),
        ...optional('ending', row.originEnding),
        ...seen(way, stops, gets),
      });
    } else if (reaches === undefined && refused === undefined) return undefined;
    return { steps, ...optional('ended', pick(row.ended, way, client)) };
  });
}

/** A request head of HTTP/1.1 for `origin.test`, its names in lower case. */
export function h1Request(line: string, ...fields: readonly string[]): string {
  return `${[`${line} HTTP/1.1`, 'host: origin.test', ...fields].join('\r\n')}\r\n\r\n`;
}

/** A response head of HTTP/1.1, with a date. */
export function h1Response(line: string, ...fields: readonly string[]): string {
  return `${[`HTTP/1.1 ${line}`, OLD_DATE, ...fields].join('\r\n')}\r\n\r\n`;
}

/** The HEADERS of a request to `origin.test`. @param line - Method and path. */
export function h2Request(line: string, ...fields: readonly string[]): string[] {
  const [method, path] = line.split(' ');
  return ['HEADERS', `:method: ${method}`, ':scheme: http', ':authority: origin.test', `:path: ${path}`, ...fields];
}

/** The HEADERS of a response, with a date. */
export function h2Response(status: number, ...fields: readonly string[]): string[] {
  return ['HEADERS', `:status: ${status}`, OLD_DATE, ...fields];
}

/** A script whose first frame ends the stream. */
export function endStream([first = '', ...rest]: readonly string[]): string[] {
  return [`${first} END`, ...rest];
}

/** What the proxy answers by itself. */
export function ownAnswer(status: string, why: string, ...fields: readonly string[]): OwnAnswer {
  return answerOf(status, `${status.slice(0, 3)}: ${why}\n`, fields);
}

/** What the proxy answers when the origin has failed. @param type - As in RFC 9209. */
export function gatewayAnswer(status: string, type: string, why: string = type.replaceAll('_', ' ')): OwnAnswer {
  return answerOf(status, `${status}: ${why}\n`, [`Proxy-Status: p; error=${type}`]);
}

/** What a client of HTTP/1.1 gets whose request is none; nothing can follow. */
export function h1Refusal(status: string): string {
  const { h1 } = answerOf(status, `${status.slice(4)}\n`, []);
  return h1.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');
}

/** An answer in both versions. */
export interface OwnAnswer {
  readonly h1: string;
  readonly h2: string[];
}

function answerOf(status: string, content: string, fields: readonly string[]): OwnAnswer {
  const all = [...fields, 'Content-Type: text/plain; charset=utf-8', `Content-Length: ${content.length}`, OWN_DATE];
  return {
    h1: `HTTP/1.1 ${status}\r\n${all.join('\r\n')}\r\n\r\n${content}`,
    h2: ['HEADERS', `:status: ${status.slice(0, 3)}`, ...lower(all), `DATA ${JSON.stringify(content)} END`],
  };
}

/** A row of several steps, written out for each way. `@v` is what {@link ExchangeRow} says; a client sends, an origin sees. */
export function stepsRow(rule: string, scripts: TranslationRow['ways'], proxy?: ProxyOptions): TranslationRow {
  return rowOf(rule, proxy, (way) => {
    const script = scripts[way];
    if (script === undefined) return undefined;
    const steps = script.steps.map((step): Step => ({ ...step, ...seen(way, step.origin, step.client) }));
    return { ...script, steps };
  });
}

function seen(way: Way, origin: Wire | undefined, client: Wire | undefined): Pick<Step, 'origin' | 'client'> {
  const [requests, responses] = versionsOf(way).map((version) => (version === 'h1' ? '1.1' : '2'));
  return {
    ...(origin === undefined ? {} : { origin: withVersion(origin, requests) }),
    ...(client === undefined ? {} : { client: withVersion(client, responses) }),
  };
}

function withVersion(wire: Wire, version = ''): Wire {
  if (typeof wire === 'string') return wire.replaceAll('@v', version);
  return wire.map((line) => line.replaceAll('@v', version));
}

function optional<Key extends string, Value>(key: Key, value: Value | undefined): { [Name in Key]?: Value } {
  // One property, of that name and that type, or none.
  return (value === undefined ? {} : { [key]: value }) as { [Name in Key]?: Value };
}

const PLAIN: Sent<Wire> = { h1: h1Request('GET /'), h2: endStream(h2Request('GET /')) };
const PLAIN_ARRIVED: ByWay<Wire> = {
  h1: h1Request('GET /', 'Via: @v p'),
  h2: endStream(h2Request('GET /', 'via: @v p')),
};
