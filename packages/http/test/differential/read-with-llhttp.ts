import { HTTPParser } from 'node:_http_common';
import { METHODS } from 'node:http';
import { cut } from '../support/arbitraries.ts';
import { bytesOf, textOf } from '../support/codec.ts';
import type { Reading, ReadMessage, Subject } from './reading.ts';

/**
 * Reads with llhttp, the parser of Node, in its strict mode.
 *
 * @remarks
 * llhttp leaves some decisions to its caller, who takes them here as Node's own server and client do: no body in answers to
 * HEAD and in interim responses, a tunnel behind a 2xx to CONNECT.
 */
export function readWithLlhttp(subject: Subject, sizes: readonly number[]): Reading {
  const parser = new HTTPParser();
  const messages: ReadMessage[] = [];
  let message: Draft | undefined;
  let earlyHeaders: string[] = [];
  let earlyTarget = '';
  let isSwitched = false;

  parser.initialize(
    subject.side === 'request' ? HTTPParser.REQUEST : HTTPParser.RESPONSE,
    {},
    MAX_HEADER_BYTES,
    HTTPParser.kLenientNone,
  );
  parser[HTTPParser.kOnHeaders] = (fields: string[], target: string): void => {
    if (message !== undefined) {
      message.trailers.push(...fields);
      return;
    }
    // More headers than fit in one call; the first of these calls has the target.
    earlyHeaders.push(...fields);
    earlyTarget += target;
  };
  parser[HTTPParser.kOnHeadersComplete] = (...head: LlhttpHead): number => {
    const [major, minor, fields, method, url, status, reason, isUpgrade, keepsAlive] = head;
    message = {
      start:
        subject.side === 'request'
          ? [METHOD_NAMES.get(method ?? -1) ?? '', url ?? earlyTarget]
          : [String(status), reason ?? ''],
      version: `${major}.${minor}`,
      headers: [...earlyHeaders, ...(fields ?? [])],
      body: '',
      trailers: [],
      keepsAlive,
    };
    earlyHeaders = [];
    earlyTarget = '';
    const verdict = verdictOn(subject, status ?? 0);
    isSwitched = isUpgrade || verdict === SWITCHES;
    // Nothing follows in HTTP then, whatever the flag says.
    if (isSwitched) message = { ...message, keepsAlive: false };
    return verdict;
  };
  parser[HTTPParser.kOnBody] = (bytes: Buffer): void => {
    if (message !== undefined) message.body += textOf(bytes);
  };
  parser[HTTPParser.kOnMessageComplete] = (): void => {
    if (message === undefined) return;
    messages.push({ ...message, headers: pairsOf(message.headers), trailers: pairsOf(message.trailers) });
    message = undefined;
  };

  try {
    const pieces = cut(bytesOf(subject.input), sizes);
    for (const [index, piece] of pieces.entries()) {
      const taken = parser.execute(Buffer.from(piece));
      if (typeof taken !== 'number') return endedBy(taken.code);
      // Once a head asks to leave HTTP, Node does not tell of errors any more: but the rest is not taken then.
      if (isSwitched && message !== undefined && taken < piece.length) return endedBy('HPE_UNKNOWN');
      if (isSwitched && message === undefined) {
        const rest = [piece.subarray(taken), ...pieces.slice(index + 1)].map(textOf).join('');
        return { messages, end: 'switched', code: '', rest };
      }
    }
    const error = parser.finish();
    if (error !== undefined) return endedBy(error.code);
    return endedBy(message === undefined ? '' : 'HPE_INVALID_EOF_STATE'); // untold, as above
  } finally {
    parser.close();
  }

  function endedBy(code: string): Reading {
    if (code === 'HPE_CLOSED_CONNECTION') return { messages, end: 'closed', code: '', rest: '' };
    if (code !== '') return { messages, end: 'refused', code, rest: '' };
    const isClosed = messages.at(-1)?.keepsAlive === false;
    return { messages, end: isClosed ? 'closed' : 'clean', code, rest: '' };
  }
}

/** What a caller of llhttp answers to a head: whether there is a body, or the end of HTTP. */
function verdictOn({ side, asked }: Subject, status: number): number {
  if (side === 'request') return READS_ON;
  if (status === 101 || (asked === 'CONNECT' && status >= 200 && status <= 299)) return SWITCHES;
  return asked === 'HEAD' || (status >= 100 && status <= 199) ? HAS_NO_BODY : READS_ON;
}

function pairsOf(fields: readonly string[]): [string, string][] {
  return Array.from({ length: fields.length / 2 }, (_, index) => [
    fields[2 * index] ?? '',
    fields[2 * index + 1] ?? '',
  ]);
}

type Draft = Omit<ReadMessage, 'headers' | 'trailers' | 'body'> & {
  readonly headers: string[];
  readonly trailers: string[];
  body: string;
};

type LlhttpHead = [
  major: number,
  minor: number,
  fields: string[] | undefined,
  method: number | undefined,
  url: string | undefined,
  status: number | undefined,
  reason: string | undefined,
  isUpgrade: boolean,
  keepsAlive: boolean,
];

/** llhttp gives methods as numbers, and Node has no public table of them: so each one is asked for its number. */
function methodNames(): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const name of METHODS) {
    const parser = new HTTPParser();
    parser.initialize(HTTPParser.REQUEST, {}, MAX_HEADER_BYTES, HTTPParser.kLenientNone);
    parser[HTTPParser.kOnHeadersComplete] = (...head: LlhttpHead): number => {
      names.set(head[3] ?? -1, name);
      return READS_ON;
    };
    parser.execute(Buffer.from(`${name} ${name === 'CONNECT' ? 'a:1' : '/'} HTTP/1.1\r\n\r\n`));
    parser.close();
  }
  return names;
}

const READS_ON = 0;
const HAS_NO_BODY = 1;
const SWITCHES = 2;
const MAX_HEADER_BYTES = 65_536;
const METHOD_NAMES: ReadonlyMap<number, string> = methodNames();
