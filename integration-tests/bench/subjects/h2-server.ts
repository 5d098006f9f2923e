// A Lamella server of HTTP/2: argument 1 is the stack around the app (bare, pass-through, or quiet: bare, and
// silent about connections that fail), 2 `clear` or the folder of a certificate, 3 the
// port. By TLS it speaks HTTP/1.1 too.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { autoServerLayer, http2ServerLayer } from '@lamella/http2';
import { serveListener } from '@lamella/net-core';
import { listenTcp } from '@lamella/net-tcp';
import { tlsAcceptLayer } from '@lamella/tls';
import { answerQuestions } from './answer-questions.ts';
import { h2App } from './h2-app.ts';
import { passThrough } from './layers.ts';

const [, , kind = 'bare', folder = 'clear', port = '0'] = process.argv;
const app = kind === 'pass-through' ? passThrough(h2App) : h2App;
const pem = (name: string): string => readFileSync(join(folder, name), 'utf8');
const server =
  folder === 'clear'
    ? http2ServerLayer(kind === 'quiet' ? { onError() {} } : {})(app)
    : tlsAcceptLayer({ certificates: { cert: pem('cert.pem'), key: pem('key.pem') }, alpn: ['h2', 'http/1.1'] })(
        autoServerLayer()(app),
      );
answerQuestions();
// All load comes from one address here.
const listener = await listenTcp({ port: Number(port), maxConnectionsPerPeer: Number.POSITIVE_INFINITY });
console.log('ready');
await serveListener(listener, server);
