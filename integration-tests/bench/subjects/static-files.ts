// A server of static files: argument 1 is its kind, 2 the folder, 3 the port.
import fastifyStatic from '@fastify/static';
import { httpServerLayer } from '@lamella/http';
import { serveListener } from '@lamella/net-core';
import { listenTcp } from '@lamella/net-tcp';
import { staticFilesService } from '@lamella/web';
import fastify from 'fastify';
import { answerQuestions } from './answer-questions.ts';

const [, , kind = '', root = '.', port = '0'] = process.argv;
const kinds: Readonly<Record<string, () => Promise<void>>> = {
  async lamella() {
    const listener = await listenTcp({ port: Number(port), maxConnectionsPerPeer: Number.POSITIVE_INFINITY });
    void serveListener(listener, httpServerLayer()(staticFilesService({ root })));
  },
  async fastify() {
    const server = fastify();
    await server.register(fastifyStatic, { root });
    await server.listen({ port: Number(port), host: '127.0.0.1' });
  },
};
const start = kinds[kind];
if (start === undefined) throw new Error(`kinds of servers: ${Object.keys(kinds).join(', ')}`);
answerQuestions();
await start();
console.log('ready');
