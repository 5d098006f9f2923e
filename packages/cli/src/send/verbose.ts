import type { HttpHeaders, HttpRequest, HttpResponse, InformationalResponse } from '@lamella/http';

/** Tells what goes over the wire. */
export interface Transcript {
  readonly note: (text: string) => void;
  readonly sent: (request: HttpRequest, isToProxy: boolean) => void;
  readonly received: (response: HttpResponse | InformationalResponse) => void;
  readonly trailers: (trailers: HttpHeaders) => void;
}

/** A transcript as curl writes it: `>` sent, `<` received, `*` everything else. */
export function verboseTranscript(writeLine: (line: string) => void): Transcript {
  const print = (mark: string, lines: readonly string[]): void => {
    for (const line of lines) writeLine(line === '' ? mark : `${mark} ${line}`);
  };
  return {
    note: (text) => print('*', [text]),
    sent: (request, isToProxy) => print('>', [...requestLines(request, isToProxy), '']),
    received: (response) => print('<', [...responseLines(response), '']),
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

/** The head of a response, line by line. */
export function responseLines(response: HttpResponse | InformationalResponse): string[] {
  const { status, reason, headers } = response;
  const version = 'version' in response ? response.version : '1.1';
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
