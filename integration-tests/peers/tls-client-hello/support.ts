import { connect, createServer } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Connection } from '@lamella/net-core';
import { serveListener } from '@lamella/net-core';
import { listenTcp } from '@lamella/net-tcp';
import type { Service } from '@lamella/service-core';
import { createLifecycle } from '@lamella/service-core';
import type { ClientHello, TlsFingerprints } from '@lamella/tls';
import { ClientFingerprints, clientHelloLayer, ReceivedClientHello } from '@lamella/tls';
import { onTestFinished } from 'vitest';

/** What a server has learned of a client. */
export interface Heard {
  readonly hello: ClientHello;
  readonly fingerprints: TlsFingerprints;
}

/** Serves connections on a free port until the test is over. @returns The port. */
export async function servePort(service: Service<Connection, void>): Promise<number> {
  const lifecycle = createLifecycle();
  const listener = await listenTcp();
  const served = serveListener(listener, service, { lifecycle, onError: () => {} });
  onTestFinished(async () => {
    await lifecycle.drain({ graceMs: 0 });
    await served;
  });
  return listener.address.type === 'tcp' ? listener.address.port : 0;
}

/** A server that listens to the ClientHello of the first client, and hangs up. */
export async function listenForHello(): Promise<{ readonly port: number; readonly heard: Promise<Heard> }> {
  const { promise: heard, resolve, reject } = Promise.withResolvers<Heard>();
  heard.catch(() => {});
  const layered = clientHelloLayer()({
    async serve({ extensions, stream }) {
      const [hello, fingerprints] = [extensions.get(ReceivedClientHello), extensions.get(ClientFingerprints)];
      stream.destroy();
      if (hello !== undefined && fingerprints !== undefined) resolve({ hello, fingerprints });
      else reject(new Error('the layer has put no hello into the store'));
    },
  });
  const port = await servePort({
    serve: (connection) =>
      layered.serve(connection).catch((error) => {
        reject(error);
        throw error;
      }),
  });
  return { port, heard };
}

/** Passes on what comes, one byte at a time towards the server. @returns The port. */
export async function dribbleTo(port: number): Promise<number> {
  const server = createServer((client) => {
    const upstream = connect({ port, host: '127.0.0.1', noDelay: true });
    const end = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) socket.on('error', end).on('close', end);
    upstream.pipe(client);
    client.on('data', (chunk: Buffer) => {
      for (let at = 0; at < chunk.length; at++) upstream.write(chunk.subarray(at, at + 1));
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** What a TLS client of Node gets back for `text`, and the certificate that it was shown. */
export function askOverTls(
  port: number,
  text: string,
  options: { readonly servername?: string; readonly ALPNProtocols?: string[] } = {},
): Promise<{ readonly answer: string; readonly subject: string; readonly protocol: string | null }> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options }, () =>
      socket.write(text),
    );
    onTestFinished(() => void socket.destroy());
    let answer = '';
    socket.setEncoding('utf8').on('error', reject);
    socket.on('data', (chunk: string) => {
      answer += chunk;
      if (answer.length < text.length) return;
      const { CN } = socket.getPeerCertificate().subject;
      resolve({ answer, subject: String(CN), protocol: socket.getProtocol() });
      socket.end();
    });
  });
}
