// A reverse proxy before one origin: argument 1 is its kind, 2 the origin's port (or several), 3 its own.
import { Agent, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { HttpRequest } from '@lamella/http';
import { createHttpClient, http1, httpServerLayer } from '@lamella/http';
import { serveListener } from '@lamella/net-core';
import { listenTcp, tcpConnector } from '@lamella/net-tcp';
import { reverseProxyService, upstreamGroup } from '@lamella/proxy';
import { serviceFn } from '@lamella/service-core';
import httpProxy from 'http-proxy';
import { Pool } from 'undici';

const [, , kind = '', originPort = '0', port = '0'] = process.argv;
const origin = `http://127.0.0.1:${originPort}`;

const kinds: Readonly<Record<string, () => Promise<void>>> = {
  async lamella() {
    const client = createHttpClient({ connector: tcpConnector(), protocols: [http1()] });
    const listener = await listenTcp({ port: Number(port) });
    void serveListener(listener, httpServerLayer()(reverseProxyService({ client, routes: [{ to: origin }] })));
  },
  async 'lamella-group'() {
    const client = createHttpClient({ connector: tcpConnector(), protocols: [http1()] });
    const servers = originPort.split(',').map((each) => ({ url: `http://127.0.0.1:${each}` }));
    const healthCheck = { path: '/', intervalMs: 500 };
    const upstream = upstreamGroup({ name: 'origins', client, servers, healthCheck, slowStartMs: 1_000 });
    const listener = await listenTcp({ port: Number(port) });
    void serveListener(listener, httpServerLayer()(reverseProxyService({ client, routes: [{ upstream }] })));
  },
  /** What the group costs is what this is faster by. */
  async 'lamella-turns'() {
    const client = createHttpClient({ connector: tcpConnector(), protocols: [http1()] });
    const proxies = originPort.split(',').map((each) => {
      return reverseProxyService({ client, routes: [{ to: `http://127.0.0.1:${each}` }] });
    });
    let turn = 0;
    const inTurns = serviceFn((request: HttpRequest) => {
      const proxy = proxies[turn++ % proxies.length];
      if (proxy === undefined) throw new Error('there is no origin');
      return proxy.serve(request);
    });
    const listener = await listenTcp({ port: Number(port) });
    void serveListener(listener, httpServerLayer()(inTurns));
  },
  'node-undici-group'() {
    const pools = originPort
      .split(',')
      .map((each) => new Pool(`http://127.0.0.1:${each}`, { connections: 16, pipelining: 1 }));
    let turn = 0;
    return listen((request, response) => {
      const pool = pools[turn++ % pools.length];
      if (pool !== undefined) void passOn(pool, request, response);
    });
  },
  /** What one writes by hand today: as little as can be, without hop-by-hop fields, Via, forwarded fields or upgrades. */
  'node-undici'() {
    const pool = new Pool(origin, { connections: 64, pipelining: 1 });
    return listen((request, response) => void passOn(pool, request, response));
  },
  /** The same by the callbacks of undici, which is the fastest that it has. */
  'node-dispatch'() {
    const pool = new Pool(origin, { connections: 64, pipelining: 1 });
    return listen((request, response) => {
      const { method = 'GET', url = '/', headers } = request;
      const { connection: _, ...kept } = headers;
      const hasBody = method !== 'GET' && method !== 'HEAD';
      pool.dispatch(
        // The types of undici name its methods one by one.
        { method: method as 'GET', path: url, headers: kept, body: hasBody ? request : null },
        {
          onRequestStart(controller) {
            // Without this a client that leaves keeps one of the connections for ever.
            response.once('close', () => response.writableFinished || controller.abort(new Error('the client left')));
          },
          onResponseStart: (_controller, status, answered) => void response.writeHead(status, answered),
          onResponseData(controller, chunk) {
            if (response.write(chunk)) return;
            controller.pause();
            response.once('drain', () => controller.resume());
          },
          onResponseEnd: () => void response.end(),
          onResponseError: () => void response.destroy(),
        },
      );
    });
  },
  'http-proxy'() {
    const proxy = httpProxy.createProxyServer({
      target: origin,
      agent: new Agent({ keepAlive: true }), // no bound: it loses a connection for each client that leaves within an answer
    });
    return listen((request, response) => proxy.web(request, response, {}, () => response.destroy()));
  },
};

const start = kinds[kind];
if (start === undefined) throw new Error(`kinds of proxies: ${Object.keys(kinds).join(', ')}`);
await start();
console.log('ready');

async function passOn(pool: Pool, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const { method = 'GET', url = '/', headers } = request;
    const { connection: _, ...kept } = headers;
    const hasBody = method !== 'GET' && method !== 'HEAD';
    const answer = await pool.request({ method, path: url, headers: kept, body: hasBody ? request : null });
    response.writeHead(answer.statusCode, answer.headers);
    answer.body.pipe(response);
  } catch {
    response.destroy();
  }
}

function listen(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<void> {
  return new Promise((resolve) => createServer(handle).listen(Number(port), '127.0.0.1', resolve));
}
