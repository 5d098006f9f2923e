import type { ClientHttp2Session, Settings } from 'node:http2';
import type { HttpClient, HttpRequest } from '@lamella/http';
import { HttpBody, HttpHeaders, HttpResponse, HttpRequest as Request } from '@lamella/http';
import type { Http2Limits } from '@lamella/http2';
import type { Credentials } from './credentials.ts';
import type { Exchange, Fields, SeenRequest, SeenResponse } from './exchange.ts';
import { chunksOf, comparable, EXCHANGE_NUMBER, sumOf } from './exchange.ts';
import { nodeServes, playAsNodeClient } from './node-plays.ts';
import { nodeClient, nodeServer } from './node-side.ts';
import { http2Client, serveBoth } from './our-side.ts';

/** Who plays a side. */
export type Stack = 'lamella' | 'node';

/** Who plays which side, and over what. */
export interface StageOptions {
  readonly client: Stack;
  readonly server: Stack;
  /** TLS with these; in clear without. */
  readonly credentials: Credentials | undefined;
  /** What the client allows, if Node plays it. */
  readonly clientSettings?: Settings;
  /** What the server allows, if Node plays it. */
  readonly serverSettings?: Settings;
  /** What ours allows, whichever side it plays. */
  readonly limits?: Partial<Http2Limits>;
}

/** A client and a server with one connection between them, which play exchanges. */
export interface Stage {
  readonly authority: string;
  /** Plays an exchange. @returns What both sides have seen. */
  play(exchange: Exchange): Promise<{ readonly request: SeenRequest; readonly response: SeenResponse }>;
}

/** Opens a stage until the test is over. */
export async function openStage(options: StageOptions): Promise<Stage> {
  const { client, credentials, clientSettings, limits } = options;
  const exchanges: Exchange[] = [];
  const seen: PromiseWithResolvers<SeenRequest>[] = [];
  const { url, authority } = await serveExchanges(options, exchanges, (number, request) =>
    seen[number]?.resolve(request),
  );
  const play: (exchange: Exchange, number: number) => Promise<SeenResponse> =
    client === 'lamella'
      ? playAsOurs(http2Client(credentials, limits === undefined ? {} : { http2: { limits } }), url)
      : playAsNode(
          await nodeClient(url, credentials, clientSettings === undefined ? {} : { settings: clientSettings }),
          authority,
        );
  return {
    authority,
    async play(exchange) {
      const number = exchanges.push(exchange) - 1;
      const request = Promise.withResolvers<SeenRequest>();
      seen.push(request);
      const response = await play(exchange, number);
      return { request: await request.promise, response };
    },
  };
}

async function serveExchanges(
  { server, credentials, serverSettings, limits }: StageOptions,
  exchanges: readonly Exchange[],
  onRequest: (number: number, request: SeenRequest) => void,
): Promise<{ readonly url: string; readonly authority: string }> {
  if (server === 'node') {
    const onStream = nodeServes((number) => exchanges[number], onRequest);
    return nodeServer(onStream, credentials, serverSettings === undefined ? {} : { settings: serverSettings });
  }
  const service = (request: HttpRequest): Promise<HttpResponse> => serveAsOurs(request, exchanges, onRequest);
  return serveBoth(service, credentials, limits === undefined ? {} : { http2: { limits } });
}

async function serveAsOurs(
  request: HttpRequest,
  exchanges: readonly Exchange[],
  onRequest: (number: number, request: SeenRequest) => void,
): Promise<HttpResponse> {
  const number = Number(request.headers.get(EXCHANGE_NUMBER));
  const exchange = exchanges[number];
  if (exchange === undefined) return HttpResponse.from({ status: 500 });
  const chunks: Uint8Array[] = [];
  for await (const chunk of request.body) chunks.push(Buffer.from(chunk));
  onRequest(number, {
    method: request.method,
    path: request.target,
    authority: request.headers.get('host') ?? '',
    fields: comparable(fieldsOf(request.headers)),
    body: sumOf(chunks),
    trailers: fieldsOf(request.body.trailers),
  });
  for (const { status, fields } of exchange.interim) {
    request.onInformational?.({ status, reason: '', headers: HttpHeaders.from(fields) });
  }
  const { status, responseFields: headers, responseChunks, responseTrailers } = exchange;
  return HttpResponse.from({ status, headers, body: bodyOf(responseChunks, responseTrailers) });
}

function playAsOurs(client: HttpClient, url: string): (exchange: Exchange, number: number) => Promise<SeenResponse> {
  return async ({ method, path, requestFields, requestChunks, requestTrailers }, number) => {
    const interim: { readonly status: number; readonly fields: Fields }[] = [];
    const response = await client.serve(
      Request.from({
        method,
        target: `${url}${path}`,
        headers: [...requestFields, [EXCHANGE_NUMBER, String(number)]],
        body: bodyOf(requestChunks, requestTrailers),
        onInformational: ({ status, headers }) => void interim.push({ status, fields: fieldsOf(headers) }),
      }),
    );
    const chunks: Uint8Array[] = [];
    for await (const chunk of response.body) chunks.push(Buffer.from(chunk));
    return {
      interim,
      status: response.status,
      fields: comparable(fieldsOf(response.headers)),
      body: sumOf(chunks),
      trailers: fieldsOf(response.body.trailers),
    };
  };
}

function playAsNode(
  session: ClientHttp2Session,
  authority: string,
): (exchange: Exchange, number: number) => Promise<SeenResponse> {
  return (exchange, number) => playAsNodeClient(session, authority, exchange, number);
}

/** One chunk is given as a whole, more are pulled one by one. */
function bodyOf(sizes: readonly number[], trailers: Fields): HttpBody {
  const [first = Buffer.alloc(0), ...more] = chunksOf(sizes);
  const options = trailers.length === 0 ? {} : { trailers: () => HttpHeaders.from(trailers) };
  return HttpBody.from(more.length === 0 ? first : [first, ...more], options);
}

function fieldsOf(headers: HttpHeaders | undefined): Fields {
  return headers === undefined ? [] : [...headers].map(([name, value]) => [name.toLowerCase(), value]);
}
