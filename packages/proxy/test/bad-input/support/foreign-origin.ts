import type { IncomingMessage, Server } from 'node:http';
import { createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { duplexPair } from 'node:stream';
import type { ByteStream } from '@lamella/net-core';
import type { SeenRequest } from './proxy-case.ts';

/**
 * An origin that reads requests with the parser of Node, which has nothing in common with ours, and says `ok` to each.
 *
 * It notes every byte that comes, every request that it takes for a whole one, and what it can't make sense of.
 */
export class ForeignOrigin {
  readonly #server: Server;
  #bytes = '';
  #requests: SeenRequest[] = [];
  #errors: string[] = [];
  #open = new Set<ByteStream>();

  /** @param keepsAlive - Whether a connection serves more than one request. */
  constructor(keepsAlive = true) {
    this.#server = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('error', () => {}); // broken off: it is not noted as a request
      request.on('end', () => {
        this.#requests.push(seenRequest(request, Buffer.concat(chunks).toString('latin1')));
        response.sendDate = false;
        response.shouldKeepAlive = keepsAlive;
        response.writeHead(200, { 'Content-Length': 2 }).end('ok');
      });
    });
    this.#server.on('clientError', (error: Error & { code?: string }, socket: Duplex) => {
      this.#errors.push(error.code ?? error.message);
      socket.destroy();
    });
  }

  /** Serves a connection of the proxy. */
  accept(stream: ByteStream): void {
    const [near, far] = duplexPair();
    this.#open.add(stream);
    void stream.closed.then(() => this.#open.delete(stream));
    far.on('data', (chunk: Buffer) => void stream.write([chunk]));
    far.on('error', () => {});
    near.on('error', () => {});
    near.on('close', () => stream.destroy());
    void this.#feed(stream, near, far);
    this.#server.emit('connection', near);
  }

  /** What has come since the last time. */
  take(): { readonly bytes: string; readonly requests: readonly SeenRequest[]; readonly errors: readonly string[] } {
    const taken = { bytes: this.#bytes, requests: this.#requests, errors: this.#errors };
    this.#bytes = '';
    this.#requests = [];
    this.#errors = [];
    return taken;
  }

  /** Connections of the proxy that stand. */
  get openCount(): number {
    return this.#open.size;
  }

  async #feed(stream: ByteStream, near: Duplex, far: Duplex): Promise<void> {
    try {
      for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) {
        this.#bytes += Buffer.from(chunk).toString('latin1');
        far.write(chunk);
      }
      far.end();
    } catch (error) {
      near.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

function seenRequest(request: IncomingMessage, content: string): SeenRequest {
  const { method, url, rawHeaders, rawTrailers } = request;
  const fields = pairsOf(rawHeaders).filter((line) => !/^(?:content-length|transfer-encoding):/i.test(line));
  const trailers = pairsOf(rawTrailers);
  return { line: `${method} ${url}`, fields, content, ...(trailers.length === 0 ? {} : { trailers }) };
}

function pairsOf(raw: readonly string[]): string[] {
  return raw.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${raw[index + 1]}`] : []));
}
