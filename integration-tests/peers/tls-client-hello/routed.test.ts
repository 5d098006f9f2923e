import { createServer } from 'node:tls';
import type { Connection } from '@lamella/net-core';
import { connectRequest, openResources, parseAddress, relay } from '@lamella/net-core';
import { listenTcp, tcpConnector } from '@lamella/net-tcp';
import { serviceFn, stack } from '@lamella/service-core';
import {
  ClientFingerprints,
  clientHelloLayer,
  peekClientHello,
  ReceivedClientHello,
  tlsAcceptLayer,
  tlsRouter,
} from '@lamella/tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Certificate } from '../../support/certificate.ts';
import { selfSigned } from '../../support/certificate.ts';
import { useLedger } from '../../support/ledger.ts';
import { usePeers } from '../../support/peers.ts';
import { curl } from '../../support/run.ts';
import { askOverTls, dribbleTo, servePort } from './support.ts';

useLedger();
usePeers('curl', 'openssl');

describe('routing without decrypting', () => {
  it('brings each client to the server of its name, which sees its hello byte for byte', async () => {
    const certificate = await selfSigned();
    const sent: Uint8Array[] = [];
    const arrived: Uint8Array[] = [];
    const to = async (word: string) => {
      const origin = relayTo(await serveNode(word, certificate), arrived);
      return relayTo(await servePort(stack(clientHelloLayer(), origin)), sent);
    };
    const [one, two] = [await to('one'), await to('two')];
    const port = await servePort(
      tlsRouter({
        routes: [
          { names: ['one.example.com'], service: one },
          { names: ['*.example.com'], service: two },
        ],
      }),
    );
    for (const [name, word] of [
      ['one.example.com', 'one'],
      ['other.example.com', 'two'],
    ] as const) {
      const resolve = ['--resolve', `${name}:${port}:127.0.0.1`];
      const { stdout, code } = await curl('-k', '--http1.1', ...resolve, `https://${name}:${port}/`);
      expect([code, stdout]).toEqual([0, word]);
    }
    expect(sent.length).toBe(2);
    expect(arrived).toEqual(sent);
    const refused = await curl('-k', '--resolve', `a.test:${port}:127.0.0.1`, `https://a.test:${port}/`);
    expect(refused.stderr).toContain('unrecognized name');
  });

  it('tells curl that no protocol fits', async () => {
    const port = await servePort(tlsRouter({ routes: [{ alpn: ['imap'], service: serviceFn(async () => {}) }] }));
    const { stderr } = await curl('-k', `https://localhost:${port}/`);
    expect(stderr).toContain('no application protocol');
  });
});

describe('TLS behind a peek', () => {
  it.each(['at once', 'one byte at a time'])('stands on the kernel socket: a hello that comes %s', async (how) => {
    const { cert, key } = await selfSigned();
    const kinds: string[] = [];
    const port = await servePort(
      stack(
        clientHelloLayer(),
        tlsAcceptLayer({ certificates: { cert, key } }),
        serviceFn(async ({ stream, extensions }: Connection) => {
          kinds.push(
            ...openResources()
              .filter(({ description }) => description.startsWith('tls'))
              .map(({ kind }) => kind),
          );
          const word = await stream.read();
          expect(extensions.get(ClientFingerprints)?.ja4).toMatch(/^t13d/);
          if (word !== undefined) await stream.write([word]);
          await stream.closeWrite();
        }),
      ),
    );
    const entry = how === 'at once' ? port : await dribbleTo(port);
    const { answer, subject } = await askOverTls(entry, 'hello', { servername: 'localhost' });
    expect([answer, subject]).toEqual(['hello', 'localhost']);
    expect(kinds).toEqual(['socket']);
  });

  it('hands over the socket with all that was looked at', async () => {
    const listener = await listenTcp();
    onTestFinished(() => listener.close());
    const port = listener.address.type === 'tcp' ? listener.address.port : 0;
    const asked = askOverTls(port, 'hello', { servername: 'localhost' });
    asked.catch(() => {}); // we hang up on it
    for await (const connection of listener) {
      const hello = await peekClientHello(connection);
      const detached = connection.stream.detach?.();
      const bytes = Buffer.concat(detached?.buffered ?? []);
      expect(bytes.subarray(5)).toEqual(Buffer.from(hello?.message ?? []));
      expect(bytes[0]).toBe(22);
      expect(detached?.socket.constructor.name).toBe('Socket');
      detached?.socket.destroy();
      break;
    }
    await expect(asked).rejects.toThrow();
  });
});

/** Passes connections on as they are, and notes what their ClientHello was. */
function relayTo(port: number, messages: Uint8Array[]) {
  return serviceFn(async ({ stream, extensions }: Connection) => {
    const target = parseAddress(`127.0.0.1:${port}`);
    const { stream: upstream } = await tcpConnector().serve(connectRequest({ target }));
    messages.push(extensions.get(ReceivedClientHello)?.message ?? new Uint8Array(0));
    await relay(stream, upstream);
  });
}

/** A TLS server of Node that answers every request with one word. @returns Its port. */
async function serveNode(word: string, { cert, key }: Certificate): Promise<number> {
  const answer = `HTTP/1.1 200 OK\r\ncontent-length: ${word.length}\r\nconnection: close\r\n\r\n${word}`;
  const server = createServer({ cert, key }, (socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(answer));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
