// node:http2, the stream API: argument 1 is `h2`, or `h1` for node:https; 2 `clear` or the folder of a certificate, 3 the port.
import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { createSecureServer, createServer } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { join } from 'node:path';
import { answerQuestions } from './answer-questions.ts';
import { FAR, HELLO, HUGE, LARGE } from './payloads.ts';

const [, , kind = 'h2', folder = 'clear', port = '0'] = process.argv;
const pem = (name: string): string => readFileSync(join(folder, name), 'utf8');
answerQuestions();

function serve(stream: ServerHttp2Stream, method: string | undefined, path: string | undefined): void {
  if (path === '/wait') return;
  if (method !== 'POST') {
    answer(stream, path === '/large' ? LARGE : path === '/huge' ? HUGE : path === '/far' ? FAR : HELLO);
    return;
  }
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('end', () => answer(stream, Buffer.concat(chunks)));
}

function answer(stream: ServerHttp2Stream, body: string | Buffer): void {
  stream.respond({ ':status': 200, 'content-type': 'application/json', 'content-length': body.length });
  stream.end(body);
}

if (kind === 'h1') {
  const server = createHttpsServer({ cert: pem('cert.pem'), key: pem('key.pem') }, (request, response) => {
    response.setHeader('Content-Type', 'application/json');
    response.end(request.url === '/large' ? LARGE : HELLO);
  });
  server.keepAliveTimeout = 95_000; // as long as ours
  server.listen(Number(port), '127.0.0.1', () => console.log('ready'));
} else {
  const server =
    folder === 'clear' ? createServer() : createSecureServer({ cert: pem('cert.pem'), key: pem('key.pem') });
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    serve(stream, headers[':method'], headers[':path']);
  });
  server.listen(Number(port), '127.0.0.1', () => console.log('ready'));
}
