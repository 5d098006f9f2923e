import type { ByteStream, Connection } from '@lamella/net-core';
import {
  createConnection,
  encodeProxyProtocol,
  memoryPipe,
  PeerAddress,
  parseAddress,
  parseCidr,
  proxyProtocolAcceptLayer,
  ServerName,
} from '@lamella/net-core';
import { checkLedger, readAll, text } from '@lamella/net-core/testing';
import { AbortScope, createExtensions, createLifecycle } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { helloMessage, joined, record, records } from '../../test/support/client-hello-bytes.ts';
import { ClientFingerprints, ReceivedClientHello } from '../keys.ts';
import type { ClientHelloLayerOptions } from './client-hello-layer.ts';
import { clientHelloLayer } from './client-hello-layer.ts';

checkLedger({ beforeEach, afterEach });

const clients: ByteStream[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
});

const HELLO = records(helloMessage());

describe('clientHelloLayer', () => {
  it('passes the connection on with all of its bytes, and tells what the client has said', async () => {
    const { near, served, seen } = accept();
    await near.write([joined(HELLO, Uint8Array.of(1, 2, 3))]);
    await near.closeWrite();
    await served;
    expect(seen).toMatchObject([
      {
        by: 'inner',
        serverName: 'example.com',
        helloName: 'example.com',
        ja4: expect.stringMatching(/^t13d0206h2_/),
        bytes: joined(HELLO, Uint8Array.of(1, 2, 3)),
      },
    ]);
  });

  it('loses no byte behind a header of the PROXY protocol, at any cut', async () => {
    const source = parseAddress('192.0.2.7:5000');
    const destination = parseAddress('198.51.100.1:443');
    const facts = { version: 2, command: 'proxy', transport: 'tcp', source, destination, tlvs: [] } as const;
    const bytes = joined(encodeProxyProtocol(facts), HELLO);
    for (let cut = 1; cut < bytes.length; cut++) {
      const extensions = createExtensions('connection');
      extensions.insert(PeerAddress, parseAddress('10.0.0.1:4000'));
      const { near, served, seen } = accept({ extensions, isBehindProxy: true });
      for (const part of [bytes.slice(0, cut), bytes.slice(cut)]) void near.write([part]);
      await near.closeWrite();
      await served;
      expect(seen, `cut at ${cut}`).toMatchObject([{ helloName: 'example.com', bytes: HELLO }]);
    }
  });

  it('names no server where the client does not', async () => {
    const { near, served, seen } = accept();
    await near.write([records(helloMessage({ extensions: 'none' }))]);
    await near.closeWrite();
    await served;
    expect(seen).toMatchObject([{ by: 'inner', serverName: undefined, helloName: undefined }]);
  });

  it('has nothing to complain about when a connection ends before its first byte', async () => {
    const { near, served, seen } = accept();
    await near.closeWrite();
    await served;
    expect(seen).toEqual([]);
    expect(await near.read()).toBeUndefined();
  });

  it('closes who has said nothing when it drains, and waits for the rest of a hello', async () => {
    const lifecycle = createLifecycle();
    const silent = accept({ lifecycle });
    const slow = accept({ lifecycle });
    void slow.near.write([HELLO.slice(0, 5)]);
    for (const { clock } of [silent, slow]) await clock.advanceAsync(1_000);
    const report = lifecycle.drain();
    expect(await silent.near.read()).toBeUndefined();
    await silent.near.closeWrite();
    await silent.served;
    expect(silent.seen).toEqual([]);
    void slow.near.write([HELLO.slice(5)]);
    await slow.near.closeWrite();
    await slow.served;
    expect(slow.seen).toMatchObject([{ by: 'inner', bytes: HELLO }]);
    expect((await report).protocols).toEqual({ 'first-bytes': { finished: 1, closed: 1, cut: 0 } });
    for (const { clock } of [silent, slow]) expect(clock.pendingTimers).toBe(0);
  });

  it.each([
    ['another message', records(Uint8Array.of(2, 0, 0, 0)), 'WRONG_MESSAGE', 10],
    ['a record too large', Uint8Array.of(22, 3, 1, 0x40, 1), 'RECORD_TOO_LARGE', 22],
    ['compression', records(helloMessage({ compression: [1] })), 'BAD_COMPRESSION', 47],
    ['trailing data', record(joined(helloMessage(), Uint8Array.of(0))), 'TRAILING_DATA', 50],
    ['SSL 3.0', records(helloMessage({ version: 0x0300 })), 'BAD_VERSION', 70],
  ])('sends the alert for %s, and closes', async (_name, bytes, code, alert) => {
    const { near, served, seen } = accept();
    void near.write([bytes]);
    await expect(served).rejects.toMatchObject({ code: `LML_ERR_CLIENT_HELLO_${code}`, origin: 'remote' });
    expect(Uint8Array.from(await readAll(near))).toEqual(Uint8Array.of(21, 3, 3, 0, 2, 2, alert));
    expect(seen).toEqual([]);
  });

  it.each([
    ['plain HTTP', 'GET / HTTP/1.1\r\n\r\n', 'PLAIN_HTTP'],
    ['garbage', '\0\0\0\0', 'NOT_TLS'],
  ])('resets %s', async (_name, bytes, code) => {
    const { near, served } = accept();
    void near.write([Buffer.from(bytes)]);
    await expect(served).rejects.toMatchObject({ code: `LML_ERR_CLIENT_HELLO_${code}` });
    await expect(near.read()).rejects.toMatchObject({ code: 'LML_ERR_STREAM_RESET' });
  });

  it.each(['GET / HTTP/1.1\r\n\r\n', 'SSH-2.0-x\r\n'])('gives %j to notTls, with all of its bytes', async (bytes) => {
    const { near, served, seen } = accept({ withNotTls: true });
    for (const letter of bytes) void near.write([Buffer.from(letter)]);
    await near.closeWrite();
    await served;
    expect(seen.map(({ by, bytes: got }) => [by, text(got)])).toEqual([['notTls', bytes]]);
  });

  it('gives notTls nothing that is TLS and wrong', async () => {
    const { near, served, seen } = accept({ withNotTls: true });
    void near.write([Uint8Array.of(22, 3, 1, 0, 0)]);
    await expect(served).rejects.toMatchObject({ code: 'LML_ERR_CLIENT_HELLO_EMPTY_RECORD' });
    expect(seen).toEqual([]);
  });

  it('resets a client that is silent for timeoutMs', async () => {
    const { near, served, clock } = accept({ timeoutMs: 500 });
    const failed = expect(served).rejects.toMatchObject({ code: 'LML_ERR_TIMEOUT', timeoutMs: 500 });
    await clock.advanceAsync(500);
    await failed;
    await expect(near.read()).rejects.toMatchObject({ code: 'LML_ERR_STREAM_RESET' });
    expect(clock.pendingTimers).toBe(0);
  });

  it('ends with the reason of the connection', async () => {
    const { near, served, scope } = accept();
    const reason = new Error('the server closes');
    scope.abort(reason);
    await expect(served).rejects.toBe(reason);
    await expect(near.read()).rejects.toMatchObject({ code: 'LML_ERR_STREAM_RESET' });
  });

  it('passes on what the inner service rejects with', async () => {
    const [near, far] = memoryPipe();
    const error = new Error('inner failed');
    const served = clientHelloLayer()({ serve: () => Promise.reject(error) }).serve(createConnection(far));
    void near.write([HELLO]);
    await expect(served).rejects.toBe(error);
    far.destroy();
    near.destroy();
  });

  it.each([{ timeoutMs: 0 }, { timeoutMs: Number.NaN }, { maxBytes: 1 }, { maxRecords: 0 }])(
    'refuses %o at construction',
    (options: ClientHelloLayerOptions) => {
      expect(() => clientHelloLayer(options)).toThrow(/must be/);
    },
  );
});

interface Seen {
  readonly by: string;
  readonly serverName: string | undefined;
  readonly helloName: string | undefined;
  readonly ja4: string | undefined;
  readonly bytes: Uint8Array;
}

interface AcceptOptions extends ClientHelloLayerOptions {
  readonly withNotTls?: boolean;
  readonly isBehindProxy?: boolean;
  readonly extensions?: Connection['extensions'];
}

/** A connection that the layer accepts, and what the services inside have seen. */
function accept({ withNotTls = false, isBehindProxy = false, extensions, ...options }: AcceptOptions = {}) {
  const [near, far] = memoryPipe();
  clients.push(near);
  const [clock, scope] = [new FakeClock(), new AbortScope()];
  const seen: Seen[] = [];
  const serviceOf = (by: string) => ({
    async serve({ extensions, stream }: Connection) {
      seen.push({
        by,
        serverName: extensions.get(ServerName),
        helloName: extensions.get(ReceivedClientHello)?.serverName,
        ja4: extensions.get(ClientFingerprints)?.ja4,
        bytes: Uint8Array.from(await readAll(stream)),
      });
      await stream.closeWrite();
    },
  });
  const layer = clientHelloLayer({ clock, ...options, ...(withNotTls ? { notTls: serviceOf('notTls') } : {}) });
  const hellos = layer(serviceOf('inner'));
  const trusting = proxyProtocolAcceptLayer({ trustedPeers: [parseCidr('10.0.0.0/8')], clock });
  const service = isBehindProxy ? trusting(hellos) : hellos;
  const served = service.serve(createConnection(far, { scope, ...(extensions === undefined ? {} : { extensions }) }));
  served.catch(() => {});
  return { near, served, seen, clock, scope };
}
