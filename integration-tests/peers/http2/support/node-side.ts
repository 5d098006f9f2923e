import { once } from 'node:events';
import type {
  ClientHttp2Session,
  Http2SecureServer,
  Http2Server,
  IncomingHttpHeaders,
  SecureClientSessionOptions,
  ServerHttp2Session,
  ServerHttp2Stream,
  ServerOptions,
} from 'node:http2';
import { connect, createSecureServer, createServer } from 'node:http2';
import { onTestFinished } from 'vitest';
import { listening } from '../../../support/free-port.ts';
import type { Credentials } from './credentials.ts';

/** A server of Node that speaks HTTP/2 alone. */
export interface NodeServer {
  /** Without a slash at its end. */
  readonly url: string;
  readonly port: number;
  /** `127.0.0.1:port`. */
  readonly authority: string;
  /** Connections, in the order in which they came. */
  readonly sessions: readonly ServerHttp2Session[];
  readonly server: Http2Server | Http2SecureServer;
}

/** Hears of a request: its stream, its fields, and these as they came. */
export type OnStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, raw: readonly string[]) => void;

/** Starts a server of `node:http2`, until the test is over: by TLS with credentials, else in clear. */
export async function nodeServer(
  onStream: OnStream,
  credentials: Credentials | undefined,
  options: ServerOptions = {},
): Promise<NodeServer> {
  const server =
    credentials === undefined
      ? createServer(options)
      : createSecureServer({ ...options, cert: credentials.server.cert, key: credentials.server.key });
  const sessions: ServerHttp2Session[] = [];
  server.on('session', (session) => {
    sessions.push(session);
    session.on('error', () => {}); // tests end sessions as they like
    session.on('stream', (stream, headers, _flags, raw) => {
      stream.on('error', () => {}); // as above
      onStream(stream, headers, raw);
    });
  });
  const port = await listening(server);
  onTestFinished(async () => {
    const closed = once(server, 'close');
    server.close();
    for (const session of sessions) session.destroy();
    await closed;
  });
  const authority = `127.0.0.1:${port}`;
  return { url: `${credentials === undefined ? 'http' : 'https'}://${authority}`, port, authority, sessions, server };
}

/** Connects a client of `node:http2`, until the test is over. */
export async function nodeClient(
  url: string,
  credentials: Credentials | undefined,
  options: SecureClientSessionOptions = {},
): Promise<ClientHttp2Session> {
  const session = connect(url, { ...options, ...(credentials === undefined ? {} : { ca: credentials.roots }) });
  session.on('error', () => {}); // tests look at what requests fail with
  onTestFinished(async () => {
    if (session.destroyed) return;
    const closed = once(session, 'close');
    session.destroy();
    await closed;
  });
  await once(session, 'connect');
  return session;
}
