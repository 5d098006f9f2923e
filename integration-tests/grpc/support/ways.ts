import { spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { createHttpClient, httpServerLayer } from '@lamella/http';
import type { Address, Connection, Connector, Listener } from '@lamella/net-core';
import {
  byteStreamFromDuplex,
  byteStreamFromWebStreams,
  connectorFromConnections,
  connectRequest,
  createConnection,
  memoryNetwork,
  serveListener,
} from '@lamella/net-core';
import { listenTcp, listenUnix, socketConnector } from '@lamella/net-tcp';
import type { Service } from '@lamella/service-core';
import { createLifecycle } from '@lamella/service-core';
import { certificateAuthority, tlsAcceptLayer, tlsConnectLayer } from '@lamella/tls';
import { connectionFromWebSocket, connectWebSocket, webSocketService } from '@lamella/ws';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { talkServer } from './talk.ts';

/** A way from a client to the server of `talk.ts`. */
export interface Way {
  readonly name: string;
  open(): Promise<OpenWay>;
}

/** An open way. */
export interface OpenWay {
  /** Gives connections to the server, whatever they are asked for. */
  readonly connector: Connector;
  /** Ends the server, after its clients. */
  close(): Promise<void>;
}

/** Every way: the same server and the same calls on each of them. */
export const ways: readonly Way[] = [
  { name: 'memory', open: overMemory },
  { name: 'TLS in memory', open: overTls },
  { name: 'TCP', open: async () => served(await listenTcp()) },
  { name: 'a Unix socket', open: async () => served(await listenUnix({ path: `${temporaryFolder()}/talk.sock` })) },
  { name: 'stdin and stdout of a child', open: overStdio },
  { name: 'a WebSocket', open: overWebSocket },
  { name: 'Web streams to a worker', open: overWorker },
  { name: 'a connection that the server dials', open: reversed },
];

function served(
  listener: Listener,
  connector: Connector = socketConnector(),
  service: Service<Connection, void> = talkServer().connections,
): OpenWay {
  const lifecycle = createLifecycle();
  const over = serveListener(listener, service, { lifecycle });
  return {
    connector: { serve: (request) => connector.serve(request.withTarget(listener.address)) },
    async close() {
      await lifecycle.drain({ graceMs: 0 });
      await over;
    },
  };
}

async function overMemory(): Promise<OpenWay> {
  const network = memoryNetwork();
  return served(network.listen('talk.test:1'), network.connector());
}

async function overTls(): Promise<OpenWay> {
  const authority = await certificateAuthority({ subject: { commonName: 'Tests' } });
  const certificate = await authority.issue({ names: ['talk.test'] });
  const network = memoryNetwork();
  const accept = tlsAcceptLayer({ certificates: certificate, alpn: ['h2', 'ttrpc'] });
  const connect = tlsConnectLayer({ roots: authority.cert })(network.connector());
  const connector: Connector = {
    serve: ({ target, scope }) =>
      connect.serve(connectRequest({ target, scope, secure: true, serverName: 'talk.test', alpnOffer: ['h2'] })),
  };
  return served(network.listen('talk.test:443'), connector, accept(talkServer().connections));
}

async function overStdio(): Promise<OpenWay> {
  const ended: Promise<unknown>[] = [];
  const connector: Connector = {
    async serve() {
      const file = fileURLToPath(new URL('stdio-server.ts', import.meta.url));
      const child = spawn(process.execPath, [...NODE_FLAGS, file], { stdio: ['pipe', 'pipe', 'inherit'] });
      ended.push(new Promise((resolve) => child.on('close', resolve)));
      // Node takes such a pair, which its types do not know.
      const duplex = Duplex.from({ readable: child.stdout, writable: child.stdin } as never);
      return createConnection(byteStreamFromDuplex(duplex));
    },
  };
  return { connector, close: async () => void (await Promise.all(ended)) }; // each ends with its stdin
}

/** A protocol by WebSocket, by HTTP/1.1, in memory. */
async function overWebSocket(): Promise<OpenWay> {
  const network = memoryNetwork();
  const { connections } = talkServer();
  const web = webSocketService({ onConnection: (socket) => connections.serve(connectionFromWebSocket(socket)) });
  const server = served(network.listen('talk.test:80'), network.connector(), httpServerLayer()(web));
  const http = createHttpClient({ connector: server.connector });
  const connector: Connector = {
    serve: async () => connectionFromWebSocket(await connectWebSocket(http, { url: 'ws://talk.test/' })),
  };
  return {
    connector,
    async close() {
      await http.close();
      await server.close();
    },
  };
}

/** Web streams can be sent to other threads, and keep their backpressure. */
async function overWorker(): Promise<OpenWay> {
  const ended: Promise<unknown>[] = [];
  const connector: Connector = {
    async serve() {
      const [up, down] = [new TransformStream<Uint8Array>(), new TransformStream<Uint8Array>()];
      const given = { readable: up.readable, writable: down.writable };
      const worker = new Worker(new URL('worker-server.ts', import.meta.url), {
        workerData: given,
        transferList: [given.readable, given.writable] as never, // Node takes streams, which its types do not know
        execArgv: [...NODE_FLAGS],
      });
      ended.push(new Promise((resolve) => worker.on('exit', resolve)));
      return createConnection(byteStreamFromWebStreams({ readable: down.readable, writable: up.writable }));
    },
  };
  return { connector, close: async () => void (await Promise.all(ended)) };
}

/** The client listens, and the server comes. */
async function reversed(): Promise<OpenWay> {
  const listener = await listenTcp();
  const sockets = socketConnector();
  const { connections } = talkServer();
  const over: Promise<void>[] = [];
  const accepted = connectorFromConnections(listener);
  const dial = async (target: Address): Promise<void> => {
    over.push(connections.serve(await sockets.serve(connectRequest({ target }))));
  };
  const connector: Connector = {
    async serve(request) {
      const dialled = dial(listener.address); // as a server does that was told to by other means
      const connection = await accepted.serve(request);
      await dialled;
      return connection;
    },
  };
  return {
    connector,
    async close() {
      await listener.close();
      await Promise.all(over);
    },
  };
}

const NODE_FLAGS: readonly string[] = ['--conditions=@lamella/source', '--disable-warning=ExperimentalWarning'];
