import type { HttpHeaders, HttpRequest, HttpResponse, InformationalResponse } from '@lamella/http';

/** Tells what goes over the wire. */
export interface Transcript {
  readonly note: (text: string) => void;
  /** @param protocol - The name of the version in ALPN. */
  readonly sent: (request: HttpRequest, isToProxy: boolean, protocol?: string) => void;
  readonly received: (response: HttpResponse | InformationalResponse) => void;
  readonly trailers: (trailers: HttpHeaders) => void;
}

/** A transcript as curl writes it: `>` sent, `<` received, `*` everything else. */
export function verboseTranscript(writeLine: (line: string) => void): Transcript {
  const print = (mark: string, lines: readonly string[]): void => {
    for (const line of lines) writeLine(line === '' ? mark : `${mark} ${line}`);
  };
  let version = '1.1';
  return {
    note: (text) => print('*', [text]),
    sent(request, isToProxy, protocol = 'http/1.1') {
      version = protocol === 'h2' ? '2' : '1.1';
      if (version === '2') print('*', ['using HTTP/2', ...pseudoHeaderLines(request)]);
      print('>', [...(version === '2' ? http2Lines(request) : requestLines(request, isToProxy)), '']);
    },
    received: (response) => print('<', [...responseLines(response, version), '']),
    trailers: (trailers) => print('<', linesOf(trailers)),
  };
}

/** A transcript that nobody wants. */
export const silentTranscript: Transcript = {
  note() {},
  sent() {},
  received() {},
  trailers() {},
};

/** The head of a response, line by line. @param spoken - The version that is spoken, for interim responses. */
export function responseLines(response: HttpResponse | InformationalResponse, spoken = '1.1'): string[] {
  const { status, reason, headers } = response;
  const version = 'version' in response ? response.version : spoken;
  return [`HTTP/${version} ${status} ${reason}`.trimEnd(), ...linesOf(headers)];
}

/** The head of a request as the engine sends it: with Host in front and the framing behind. */
function requestLines(request: HttpRequest, isToProxy: boolean): string[] {
  const { method, headers } = request;
  const { path, query, authority = '' } = request.parsedTarget;
  const origin = query === undefined ? path : `${path}?${query}`;
  const host = headers.has('host') ? [] : [`Host: ${authority}`];
  return [
    `${method} ${isToProxy ? request.target : origin} HTTP/1.1`,
    ...host,
    ...linesOf(headers),
    ...framingLines(request),
  ];
}

/** The fields in front of all others, in the order in which the engine sends them. */
function pseudoHeaderLines(request: HttpRequest): readonly string[] {
  const { method, headers, parsedTarget } = request;
  const { scheme = 'http', authority = '', path, query } = parsedTarget;
  const upgrade = method === 'GET' ? headers.get('upgrade') : undefined;
  const isTunnel = method === 'CONNECT';
  const host = isTunnel ? authority : (headers.get('host') ?? authority);
  return [
    [':method', upgrade === undefined ? method : 'CONNECT'],
    ...(isTunnel ? [] : [[':scheme', scheme]]),
    [':authority', host],
    ...(isTunnel ? [] : [[':path', query === undefined ? path : `${path}?${query}`]]),
    ...(upgrade === undefined ? [] : [[':protocol', upgrade]]),
  ].map(([name, value]) => `[HTTP/2] [${name}: ${value}]`);
}

/** The head as curl shows it: what is in pseudo-header fields stands in the first lines. */
function http2Lines(request: HttpRequest): string[] {
  const { method, headers, parsedTarget, body } = request;
  const { path, query, authority = '' } = parsedTarget;
  const fields = Array.from(headers, ([name, value]) => [name.toLowerCase(), value] as const).filter(
    ([name]) => !NOT_IN_HTTP2.has(name),
  );
  const isLengthSent = body.size !== undefined && (body.size > 0 || EXPECTS_CONTENT.has(method));
  const length = isLengthSent && !headers.has('content-length') ? [`content-length: ${body.size}`] : [];
  return [
    `${method} ${query === undefined ? path : `${path}?${query}`} HTTP/2`,
    `Host: ${headers.get('host') ?? authority}`,
    ...fields.map(([name, value]) => `${name}: ${value}`),
    ...length,
  ];
}

function framingLines({ method, headers, body }: HttpRequest): string[] {
  if (headers.has('content-length')) return [];
  if (body.size === undefined) return ['Transfer-Encoding: chunked'];
  return body.size === 0 && !EXPECTS_CONTENT.has(method) ? [] : [`Content-Length: ${body.size}`];
}

function linesOf(headers: HttpHeaders): string[] {
  return Array.from(headers, ([name, value]) => `${name}: ${value}`);
}

/** RFC 9110 section 8.6: these say so even if there is no content. */
const EXPECTS_CONTENT: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

/** RFC 9113 section 8.2.2, and Host, which is told already. */
const NOT_IN_HTTP2: ReadonlySet<string> = new Set([
  'connection',
  'host',
  'keep-alive',
  'proxy-connection',
  'sec-websocket-key',
  'transfer-encoding',
  'upgrade',
]);
