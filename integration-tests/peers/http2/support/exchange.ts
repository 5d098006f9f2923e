import { createHash } from 'node:crypto';
import { patternChunks } from '../../../support/pattern.ts';

/** Field lines, names in lower case, in order. */
export type Fields = readonly (readonly [name: string, value: string])[];

/** One request and its response, as data: both stacks can play each side of it. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly requestFields: Fields;
  /** Sizes of the chunks in which the content is given, in bytes; none: there is no content. */
  readonly requestChunks: readonly number[];
  readonly requestTrailers: Fields;
  readonly interim: readonly { readonly status: number; readonly fields: Fields }[];
  readonly status: number;
  readonly responseFields: Fields;
  readonly responseChunks: readonly number[];
  readonly responseTrailers: Fields;
}

/** What a side has seen of a message. */
export interface SeenMessage {
  readonly fields: Fields;
  /** Length and sum. */
  readonly body: string;
  readonly trailers: Fields;
}

/** What the server of an exchange has seen. */
export interface SeenRequest extends SeenMessage {
  readonly method: string;
  readonly path: string;
  readonly authority: string;
}

/** What the client of an exchange has seen. */
export interface SeenResponse extends SeenMessage {
  readonly interim: Exchange['interim'];
  readonly status: number;
}

/** Fills in what an exchange does not say: a GET, answered by 200 without content. */
export function exchangeOf(given: Partial<Exchange>): Exchange {
  return {
    method: 'GET',
    path: '/',
    requestFields: [],
    requestChunks: [],
    requestTrailers: [],
    interim: [],
    status: 200,
    responseFields: [],
    responseChunks: [],
    responseTrailers: [],
    ...given,
  };
}

/** What the two sides of an exchange must see, whoever plays them. */
export function expectedOf(exchange: Exchange, authority: string): { request: SeenRequest; response: SeenResponse } {
  const { method, path, interim, status } = exchange;
  const isBodyless = method === 'HEAD' || status === 204 || status === 304;
  return {
    request: {
      method,
      path,
      authority,
      fields: comparable(exchange.requestFields),
      body: sumOf(chunksOf(exchange.requestChunks)),
      trailers: exchange.requestTrailers,
    },
    response: {
      interim,
      status,
      fields: comparable(exchange.responseFields),
      body: sumOf(isBodyless ? [] : chunksOf(exchange.responseChunks)),
      trailers: isBodyless ? [] : exchange.responseTrailers,
    },
  };
}

/** The content of a message, in its chunks. */
export function chunksOf(sizes: readonly number[]): readonly Buffer[] {
  const whole = Buffer.concat([...patternChunks(sizes.reduce((sum, size) => sum + size, 0))]);
  let offset = 0;
  return sizes.map((size) => {
    offset += size;
    return whole.subarray(offset - size, offset);
  });
}

/** Length and sum of a content. */
export function sumOf(chunks: Iterable<Uint8Array>): string {
  const hash = createHash('sha1');
  let length = 0;
  for (const chunk of chunks) {
    length += chunk.length;
    hash.update(chunk);
  }
  return `${length} bytes ${hash.digest('hex')}`;
}

/**
 * Fields as they are compared: without those that a stack adds of its own accord, which only one of the two does; the crumbs of a
 * cookie in one field, as RFC 9113 section 8.2.3 lets either side have them.
 */
export function comparable(fields: Fields): Fields {
  const kept = fields.filter(([name]) => !ADDED.has(name) && !name.startsWith(':') && name !== 'cookie');
  const crumbs = fields.filter(([name]) => name === 'cookie').map(([, value]) => value);
  return crumbs.length === 0 ? kept : [...kept, ['cookie', crumbs.join('; ')]];
}

/** Fields of names and values in turn. */
export function pairsOf(flat: readonly string[]): Fields {
  const pairs: [string, string][] = [];
  for (let index = 0; index + 1 < flat.length; index += 2) {
    pairs.push([(flat[index] ?? '').toLowerCase(), flat[index + 1] ?? '']);
  }
  return pairs;
}

/** Field of a request that says which exchange of a stage it begins. */
export const EXCHANGE_NUMBER = 'x-exchange';

const ADDED: ReadonlySet<string> = new Set(['content-length', 'date', 'host', EXCHANGE_NUMBER]);
