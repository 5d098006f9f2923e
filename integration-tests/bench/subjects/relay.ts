// A relay of TCP connections to one port: argument 1 is its kind, 2 the port to reach, 3 its own.
import { connect, createServer } from 'node:net';
import { pipeline } from 'node:stream';
import type { Connection } from '@lamella/net-core';
import { connectRequest, parseAddress, relay, serveListener } from '@lamella/net-core';
import { listenTcp, tcpConnector } from '@lamella/net-tcp';

const [, , kind = '', targetPort = '0', port = '0'] = process.argv;

const kinds: Readonly<Record<string, () => Promise<void>>> = {
  async lamella() {
    const connector = tcpConnector();
    const target = parseAddress(`127.0.0.1:${targetPort}`);
    const listener = await listenTcp({ port: Number(port) });
    const service = {
      async serve(downstream: Connection): Promise<void> {
        const upstream = await connector.serve(connectRequest({ target }));
        await relay(downstream.stream, upstream.stream);
      },
    };
    void serveListener(listener, service);
  },
  pipe: () =>
    listen((downstream) => {
      const upstream = connect({ port: Number(targetPort), host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
      downstream.pipe(upstream);
      upstream.pipe(downstream);
      downstream.on('error', () => upstream.destroy());
      upstream.on('error', () => downstream.destroy());
    }),
  pipeline: () =>
    listen((downstream) => {
      const upstream = connect({ port: Number(targetPort), host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
      pipeline(downstream, upstream, () => {});
      pipeline(upstream, downstream, () => {});
    }),
};

const start = kinds[kind];
if (start === undefined) throw new Error(`kinds of relays: ${Object.keys(kinds).join(', ')}`);
await start();
console.log('ready');

function listen(serve: (socket: import('node:net').Socket) => void): Promise<void> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, serve);
  return new Promise((resolve) => server.listen(Number(port), '127.0.0.1', resolve));
}
