// A TLS server that answers each chunk with `!`: argument 1 is its kind (node, lamella, peeking), 2 the folder of a certificate, 3 the port.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import type { Connection } from '@lamella/net-core';
import { serveListener } from '@lamella/net-core';
import { listenTcp } from '@lamella/net-tcp';
import { serviceFn } from '@lamella/service-core';
import { clientHelloLayer, tlsAcceptLayer } from '@lamella/tls';
import { answerQuestions } from './answer-questions.ts';

const [, , kind = 'node', folder = '', port = '0'] = process.argv;
const cert = readFileSync(join(folder, 'cert.pem'), 'utf8');
const key = readFileSync(join(folder, 'key.pem'), 'utf8');
answerQuestions();

if (kind === 'node') {
  const server = createServer({ cert, key }, (socket) => {
    socket.on('data', () => socket.write('!'));
    socket.on('error', () => {}); // clients leave without a word
  });
  server.listen(Number(port), '127.0.0.1', () => console.log('ready'));
} else {
  const answer = serviceFn(async ({ stream }: Connection) => {
    try {
      while ((await stream.read()) !== undefined) await stream.write([Buffer.from('!')]);
    } catch {
      // clients leave without a word
    }
    stream.destroy();
  });
  const secured = tlsAcceptLayer({ certificates: { cert, key } })(answer);
  const server = kind === 'peeking' ? clientHelloLayer()(secured) : secured;
  const listener = await listenTcp({ port: Number(port), maxConnectionsPerPeer: Number.POSITIVE_INFINITY });
  console.log('ready');
  await serveListener(listener, server, { onError() {} });
}
