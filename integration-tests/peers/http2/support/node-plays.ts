import type { ClientHttp2Session, ClientHttp2Stream, Http2Stream, ServerHttp2Stream } from 'node:http2';
import type { Exchange, Fields, SeenRequest, SeenResponse } from './exchange.ts';
import { chunksOf, comparable, EXCHANGE_NUMBER, pairsOf, sumOf } from './exchange.ts';
import type { OnStream } from './node-side.ts';

/** The server of exchanges, played by `node:http2`. */
export function nodeServes(
  exchangeAt: (number: number) => Exchange | undefined,
  onRequest: (number: number, request: SeenRequest) => void,
): OnStream {
  return (stream, headers, raw) => {
    const number = Number(headers[EXCHANGE_NUMBER]);
    const exchange = exchangeAt(number);
    if (exchange === undefined) {
      stream.respond({ ':status': 500 }, { endStream: true });
      return;
    }
    void contentOf(stream).then(({ body, trailers }) => {
      const { ':method': method = '', ':path': path = '', ':authority': authority = '' } = headers;
      onRequest(number, { method, path, authority, fields: comparable(pairsOf(raw)), body, trailers });
      answer(stream, exchange);
    });
  };
}

function answer(stream: ServerHttp2Stream, exchange: Exchange): void {
  const { interim, status, responseFields, responseChunks, responseTrailers } = exchange;
  for (const { status: code, fields } of interim) stream.additionalHeaders({ ':status': code, ...valuesOf(fields) });
  const head = [':status', String(status), ...responseFields.flat()];
  const isEmpty = responseChunks.length === 0 && responseTrailers.length === 0;
  stream.respond(head, isEmpty ? { endStream: true } : { waitForTrailers: responseTrailers.length > 0 });
  if (!isEmpty) send(stream, responseChunks, responseTrailers);
}

/** Plays the client of an exchange by `node:http2`. */
export async function playAsNodeClient(
  session: ClientHttp2Session,
  authority: string,
  exchange: Exchange,
  number: number,
): Promise<SeenResponse> {
  const { method, path, requestFields, requestChunks, requestTrailers } = exchange;
  const head = [
    ...[':method', method, ':scheme', session.encrypted === true ? 'https' : 'http', ':path', path],
    ...[':authority', authority, ...requestFields.flat(), EXCHANGE_NUMBER, String(number)],
  ];
  const endStream = requestChunks.length === 0 && requestTrailers.length === 0;
  const stream = session.request(head, { endStream, waitForTrailers: requestTrailers.length > 0 });
  const interim: { readonly status: number; readonly fields: Fields }[] = [];
  stream.on('headers', ({ ':status': status = 0 }, _flags, raw) => {
    interim.push({ status, fields: pairsOf(raw).filter(([name]) => name !== ':status') });
  });
  const responded = headOf(stream);
  const content = contentOf(stream);
  if (!endStream) send(stream, requestChunks, requestTrailers);
  const { status, fields } = await responded;
  return { interim, status, fields, ...(await content) };
}

function headOf(stream: ClientHttp2Stream): Promise<{ readonly status: number; readonly fields: Fields }> {
  return new Promise((resolve, reject) => {
    stream.on('error', reject);
    stream.on('response', ({ ':status': status = 0 }, _flags, raw) => {
      resolve({ status, fields: comparable(pairsOf(raw)) });
    });
  });
}

/** Reads to the end. */
export function contentOf(stream: Http2Stream): Promise<{ readonly body: string; readonly trailers: Fields }> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let trailers: Fields = [];
    stream.on('trailers', (_headers, _flags, raw) => {
      trailers = pairsOf(raw);
    });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => resolve({ body: sumOf(chunks), trailers }));
    stream.on('error', reject);
  });
}

function send(stream: Http2Stream, sizes: readonly number[], trailers: Fields): void {
  stream.on('wantTrailers', () => stream.sendTrailers(valuesOf(trailers)));
  for (const chunk of chunksOf(sizes)) stream.write(chunk);
  stream.end();
}

/** Fields as an object: values of the same name in one list. */
function valuesOf(fields: Fields): Record<string, string | string[]> {
  const values: Record<string, string | string[]> = {};
  for (const [name, value] of fields) {
    const known = values[name];
    values[name] = known === undefined ? value : [known, value].flat();
  }
  return values;
}
