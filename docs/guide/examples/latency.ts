// #region imports
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { defineService, grpcClient, grpcService, implementService, jsonCodec } from '@lamella/grpc';
import { createHttpClient } from '@lamella/http';
import { http2, http2ServerLayer } from '@lamella/http2';
import type { Connection } from '@lamella/net-core';
import { connectRequest, parseAddress, relay, serveListener } from '@lamella/net-core';
import { listenTcp, tcpConnector } from '@lamella/net-tcp';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';

// #endregion imports

// #region call
const text = jsonCodec(String);
const Pairs = defineService('latency.v1.Pairs', { answer: { type: 'bidi', request: text, response: text } });
const pairs = implementService(Pairs, {
  // One answer for each two messages, as to a head and the body behind it.
  async *answer(messages) {
    let count = 0;
    for await (const message of messages) if (++count % 2 === 0) yield message;
  },
});

/** How long an answer takes from the second of two messages on, which are a few milliseconds apart. */
async function roundsMs(port: number): Promise<number[]> {
  const http = createHttpClient({ connector: tcpConnector(), protocols: [http2()] });
  const client = grpcClient(http, Pairs, { url: `http://127.0.0.1:${port}` });
  const times: number[] = [];
  let start = 0;
  async function* messages(): AsyncGenerator<string> {
    for (let round = 0; round < 40; round++) {
      yield 'head';
      await new Promise((resolve) => setTimeout(resolve, 3)); // so that these are two writes, not one
      start = performance.now();
      yield 'body';
      await answered.promise;
    }
  }
  let answered = Promise.withResolvers<void>();
  for await (const _answer of client.answer(messages())) {
    times.push(performance.now() - start);
    const { resolve } = answered;
    answered = Promise.withResolvers();
    resolve();
  }
  await http.close();
  return times.slice(10); // at first, a kernel acknowledges everything at once
}
// #endregion call

// #region relays
const lifecycle = createLifecycle();
const port = ({ address }: { address: { type: string; port?: number } }): number => address.port ?? 0;

const server = await listenTcp();
void serveListener(server, stack(http2ServerLayer({ lifecycle }), grpcService([pairs])), { lifecycle });

/** A relay as one writes it by hand: what Node does by default, or not. */
async function relayByHand(options: { readonly noDelay: boolean }) {
  const byHand = createServer(options, (socket) => {
    const egress = connect({ ...options, port: port(server), host: '127.0.0.1' });
    socket.pipe(egress).pipe(socket);
    for (const side of [socket, egress]) side.on('error', () => {}).on('close', () => byHand.close());
  });
  await new Promise<void>((resolve) => byHand.listen(0, '127.0.0.1', resolve));
  return (byHand.address() as AddressInfo).port; // of a server that listens on TCP
}

const ours = await listenTcp();
const relaying = serviceFn(async ({ stream }: Connection) => {
  const target = parseAddress(`127.0.0.1:${port(server)}`);
  const egress = await tcpConnector().serve(connectRequest({ target }));
  await relay(stream, egress.stream, { lifecycle });
});
void serveListener(ours, relaying, { lifecycle });
// #endregion relays

// #region measure
const ways: readonly [string, () => Promise<number>][] = [
  ['no relay', async () => port(server)],
  ['a relay with the defaults of Node', () => relayByHand({ noDelay: false })],
  ['the same with noDelay', () => relayByHand({ noDelay: true })],
  ['a relay of Lamella', async () => port(ours)],
];
for (const [name, open] of ways) {
  const times = (await roundsMs(await open())).toSorted((one, other) => one - other);
  const median = times[times.length >> 1] ?? 0;
  const waits = (times[times.length >> 2] ?? 0) > 20; // on a busy machine other rounds are slow too, but not nearly all
  // Figures differ from run to run, and this page is compared with what is printed: ask for them by --ms.
  const told = process.argv.includes('--ms') ? `${median.toFixed(2)} ms` : waits ? 'waits' : 'does not wait';
  console.log(`${name}: ${told}`);
}
await lifecycle.drain();
// #endregion measure
