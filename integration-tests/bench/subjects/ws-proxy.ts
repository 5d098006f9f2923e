// A reverse proxy for WebSockets before one origin: argument 1 is its kind, 2 the origin's port, 3 its own.
import { createServer } from 'node:http';
import { createHttpClient, http1, httpServerLayer } from '@lamella/http';
import { serveListener } from '@lamella/net-core';
import { listenTcp, tcpConnector } from '@lamella/net-tcp';
import { reverseProxyService } from '@lamella/proxy';
import { webSocketRelay } from '@lamella/ws';
import httpProxy from 'http-proxy';

const [, , kind = '', originPort = '0', port = '0'] = process.argv;
const origin = `http://127.0.0.1:${originPort}`;

const kinds: Readonly<Record<string, () => Promise<void>>> = {
  lamella: () => listen(),
  'lamella-inspect': () => listen({ upgrade: webSocketRelay({ inspect: () => 'pass' }) }),
  'http-proxy'() {
    const proxy = httpProxy.createProxyServer({ target: origin, ws: true });
    proxy.on('error', () => {});
    const server = createServer((_request, response) => void response.writeHead(404).end());
    server.on('upgrade', (request, socket, head) => proxy.ws(request, socket, head));
    return new Promise((resolve) => server.listen(Number(port), '127.0.0.1', resolve));
  },
};

const start = kinds[kind];
if (start === undefined) throw new Error(`kinds of proxies: ${Object.keys(kinds).join(', ')}`);
await start();
console.log('ready');

async function listen(options: { readonly upgrade?: ReturnType<typeof webSocketRelay> } = {}): Promise<void> {
  const client = createHttpClient({ connector: tcpConnector(), protocols: [http1()] });
  const listener = await listenTcp({ port: Number(port), maxConnectionsPerPeer: Number.POSITIVE_INFINITY });
  void serveListener(
    listener,
    httpServerLayer()(reverseProxyService({ client, routes: [{ to: origin }], ...options })),
  );
}
