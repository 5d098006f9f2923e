// node:http, bare: argument 2 is the port.
import { createServer } from 'node:http';
import { answerQuestions } from './answer-questions.ts';
import { HELLO, LARGE } from './payloads.ts';

const [, , , port = '0'] = process.argv;
answerQuestions();
const server = createServer((request, response) => {
  response.setHeader('Content-Type', 'application/json');
  if (request.method !== 'POST') {
    response.end(request.url === '/large' ? LARGE : HELLO);
    return;
  }
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => response.end(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
});
server.keepAliveTimeout = 95_000; // as long as ours
server.listen(Number(port), '127.0.0.1', () => console.log('ready'));
