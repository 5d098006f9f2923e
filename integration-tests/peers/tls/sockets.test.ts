import { Socket } from 'node:net';
import { join } from 'node:path';
import type { Connection, Listener } from '@lamella/net-core';
import { connectRequest, createConnection, resources } from '@lamella/net-core';
import { byteStreamCases, readExactly, text, utf8 } from '@lamella/net-core/testing';
import { listenTcp, listenUnix, tcpConnector } from '@lamella/net-tcp';
import { tlsAcceptLayer, tlsConnectLayer } from '@lamella/tls';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Certificate } from '../../support/certificate.ts';
import { selfSigned } from '../../support/certificate.ts';
import { useLedger } from '../../support/ledger.ts';
import { usePeers } from '../../support/peers.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { tlsOver } from './tls-over.ts';

useLedger();
usePeers('openssl');

let certificate: Certificate;
beforeEach(async () => {
  certificate = await selfSigned();
});

const transports: readonly { readonly what: string; readonly hasReset: boolean; listen(): Promise<Listener> }[] = [
  { what: 'TCP', hasReset: true, listen: () => listenTcp() },
  { what: 'TCP, read by data events', hasReset: true, listen: () => listenTcp({ readMode: 'data-events' }) },
  { what: 'Unix sockets', hasReset: false, listen: () => listenUnix({ path: join(temporaryFolder(), 'socket') }) },
];

describe.each(transports)('TLS over $what', ({ listen, hasReset }) => {
  it.each(byteStreamCases)('$name', async ({ run }) => {
    const listener = await listen();
    await run({ connect: async () => streamsOf(await open(listener)), hasReset });
    await listener.close();
  });

  it('lets OpenSSL read and write the socket itself', async () => {
    const listener = await listen();
    const before = resources();
    const [near, far] = await open(listener);
    const { socket = 0, stream = 0 } = resources();
    expect(socket - (before['socket'] ?? 0)).toBe(2);
    expect(stream - (before['stream'] ?? 0)).toBe(0);
    const duplex = near.stream.detach?.()?.socket;
    expect(duplex !== undefined && '_parent' in duplex && duplex._parent instanceof Socket).toBe(true);
    duplex?.destroy();
    far.stream.destroy();
    await listener.close();
  });

  it('tells an end without close_notify from one that was announced', async () => {
    const listener = await listen();
    const [near, far] = await open(listener);
    void far.stream.write([utf8('part')]);
    expect(text(await readExactly(near.stream, 4))).toBe('part');
    far.stream.detach?.()?.socket.destroy(); // TLS says nothing any more
    await expect(near.stream.read()).rejects.toMatchObject({
      code: 'LML_ERR_STREAM_RESET',
      cause: { code: 'LML_ERR_TLS_TRUNCATED' },
    });
    await listener.close();
  });
});

describe('TLS in TLS over TCP', () => {
  it.each(byteStreamCases)('$name', async ({ run }) => {
    const listener = await listenTcp();
    await run({ connect: async () => streamsOf(await openInside(await open(listener))) });
    await listener.close();
  });
});

function open(listener: Listener): Promise<readonly [Connection, Connection]> {
  const { cert, key } = certificate;
  return tlsOver(listener, {
    accept: { certificates: { cert, key } },
    connect: { roots: cert },
    connector: tcpConnector(),
  });
}

/** Speaks TLS once more over both ends. */
async function openInside([outerNear, outerFar]: readonly [Connection, Connection]): Promise<
  readonly [Connection, Connection]
> {
  const { cert, key } = certificate;
  const secured = Promise.withResolvers<Connection>();
  const server = tlsAcceptLayer({ certificates: { cert, key } })({ serve: async (inner) => secured.resolve(inner) });
  const client = tlsConnectLayer({ roots: cert })({ serve: async () => createConnection(outerNear.stream) });
  const request = connectRequest({ target: { type: 'unix', path: '/none' }, secure: true, serverName: 'localhost' });
  const [near] = await Promise.all([client.serve(request), server.serve(createConnection(outerFar.stream))]);
  return [near, await secured.promise];
}

function streamsOf([near, far]: readonly [Connection, Connection]): readonly [
  Connection['stream'],
  Connection['stream'],
] {
  return [near.stream, far.stream];
}
