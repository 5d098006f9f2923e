import { connectRequest, serveListener } from '@lamella/net-core';
import { readAll, text, utf8 } from '@lamella/net-core/testing';
import { listenTcp, tcpConnector } from '@lamella/net-tcp';
import { serviceFn, stack } from '@lamella/service-core';
import { netstringServerLayer } from './netstring-server-layer.ts';

const listener = await listenTcp();
const server = stack(
  netstringServerLayer(),
  serviceFn((content: Uint8Array) => content.toReversed()),
);
const serving = serveListener(listener, server);

const { stream } = await tcpConnector().serve(connectRequest({ target: listener.address }));
await stream.write([utf8('5:hello,5:world,')]);
await stream.closeWrite();
console.log(text(await readAll(stream)));

await listener.close();
await serving;
