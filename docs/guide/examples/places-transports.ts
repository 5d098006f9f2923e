import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Address, Connection, Connector, Listener } from '@lamella/net-core';
import {
  connectRequest,
  memoryNetwork,
  PeerAddress,
  parseAddress,
  serveListener,
  streamTimeoutLayer,
} from '@lamella/net-core';
import { listenTcp, listenUnix, tcpConnector } from '@lamella/net-tcp';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';

const lifecycle = createLifecycle();
const server = stack(
  streamTimeoutLayer({ readTimeoutMs: 10_000 }),
  serviceFn(async ({ stream, extensions }: Connection) => {
    const bytes = await stream.read();
    await stream.write([Buffer.from(`${extensions.get(PeerAddress)?.type ?? 'nobody'} says ${bytes}`)]);
    await stream.closeWrite();
  }),
);

/** Serves a listener, and asks it something. */
async function ask(listener: Listener, connector: Connector, target: Address): Promise<string> {
  void serveListener(listener, server, { lifecycle });
  const { stream } = await connector.serve(connectRequest({ target }));
  await stream.write([Buffer.from('hello')]);
  await stream.closeWrite();
  const answer = await stream.read();
  return Buffer.from(answer ?? []).toString();
}

const network = memoryNetwork();
const path = join(mkdtempSync(join(tmpdir(), 'guide-')), 'app.sock');
const [tcp, unix] = [await listenTcp(), await listenUnix({ path })];
console.log(await ask(tcp, tcpConnector(), tcp.address));
console.log(await ask(unix, tcpConnector(), parseAddress(`unix:${path}`)));
console.log(await ask(network.listen('app.test:80'), network.connector(), parseAddress('app.test:80')));
await lifecycle.drain();
