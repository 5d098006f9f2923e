import type { HttpHeaders, HttpRequest, HttpResponse, InformationalResponse } from '@lamella/http';

/** Prints what goes over the wire, as curl does: `>` sent, `<` received, `*` everything else. */
export interface Transcript {
  readonly note: (text: string) => void;
  readonly sent: (request: HttpRequest) => void;
  readonly informational: (response: InformationalResponse) => void;
  readonly received: (response: HttpResponse) => void;
  readonly trailers: (trailers: HttpHeaders) => void;
}

/** A transcript on the error output. */
export function verboseTranscript(isToProxy: boolean): Transcript {
  const print = (mark: string, lines: readonly string[]): void => {
    for (const line of lines) process.stderr.write(line === '' ? `${mark}\n` : `${mark} ${line}\n`);
  };
  return {
    note: (text) => print('*', [text]),
    sent(request) {
      const { path, query, authority = '' } = request.parsedTarget;
      const origin = query === undefined ? path : `${path}?${query}`;
      const host = request.headers.has('host') ? [] : [`Host: ${authority}`];
      const line = `${request.method} ${isToProxy ? request.target : origin} HTTP/1.1`;
      print('>', [line, ...host, ...linesOf(request.headers), ...framingLines(request), '']);
    },
    informational: ({ status, reason, headers }) => {
      print('<', [`HTTP/1.1 ${status} ${reason}`.trimEnd(), ...linesOf(headers), '']);
    },
    received: (response) => print('<', [...headLines(response), '']),
    trailers: (trailers) => print('<', linesOf(trailers)),
  };
}

/** A transcript that prints nothing. */
export const silentTranscript: Transcript = {
  note() {},
  sent() {},
  informational() {},
  received() {},
  trailers() {},
};

/** The head of a response, line by line. */
export function headLines(response: HttpResponse): string[] {
  return [`HTTP/${response.version} ${response.status} ${response.reason}`.trimEnd(), ...linesOf(response.headers)];
}

/** What the engine adds to a request with content. */
function framingLines({ headers, body }: HttpRequest): string[] {
  if (body.isEmpty || headers.has('content-length')) return [];
  return [body.size === undefined ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.size}`];
}

function linesOf(headers: HttpHeaders): string[] {
  return Array.from(headers, ([name, value]) => `${name}: ${value}`);
}
