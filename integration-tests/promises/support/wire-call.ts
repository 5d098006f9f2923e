import type { ByteStream } from '@lamella/net-core';
import { ask, WireHttp2Client } from '../../promises-h2/support/wire-http2-client.ts';
import type { HttpVersion } from './http-version.ts';
import { WireClient } from './wire-client.ts';

/** A client of a proxy that speaks either version, and sees what comes as it stands on the wire. */
export interface WireCall {
  readonly stream: ByteStream;
  /** What has come: bytes as text, or frames as lines, with a line for each field. */
  readonly answer: string;
  /** Sends a GET for a URL, or a CONNECT for its host, and lets it arrive. */
  readonly ask: (method: 'GET' | 'CONNECT', url: string) => Promise<void>;
  /** Takes it back: by HTTP/2 with its stream alone, else with the connection. */
  readonly takeBack: () => Promise<void>;
}

/** Makes a {@link WireCall}. */
export function wireCall(version: HttpVersion, stream: ByteStream): WireCall {
  return version === 'HTTP/2' ? byHttp2(new WireHttp2Client(stream)) : byHttp1(new WireClient(stream));
}

function byHttp1(client: WireClient): WireCall {
  return {
    stream: client.stream,
    get answer() {
      return client.received;
    },
    takeBack: async () => client.stream.destroy(new Error('gone')),
    async ask(method, url) {
      const { host, hostname } = new URL(url);
      const target = method === 'GET' ? url : `${hostname}:80`;
      await client.send(`${method} ${target} HTTP/1.1\r\nHost: ${method === 'GET' ? host : target}\r\n\r\n`);
    },
  };
}

function byHttp2(client: WireHttp2Client): WireCall {
  return {
    stream: client.stream,
    get answer() {
      return client.lines.join('\n');
    },
    takeBack: () => client.send('RST_STREAM CANCEL'),
    async ask(method, url) {
      const { host, hostname, pathname } = new URL(url);
      const connecting = ['HEADERS', ':method: CONNECT', `:authority: ${hostname}:80`];
      await client.send(...(method === 'GET' ? ask(pathname, { authority: host }) : connecting));
    },
  };
}
