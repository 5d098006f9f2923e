import type { ByteStream, Connection, Connector } from '@lamella/net-core';
import { connectRequest, memoryNetwork, parseAddress, relay, serveListener } from '@lamella/net-core';
import { checkLedger, readExactly, text, utf8 } from '@lamella/net-core/testing';
import type { Service } from '@lamella/service-core';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';
import { FakeClock } from '@lamella/service-core/testing';
import type { CertificateAuthority } from '@lamella/tls';
import {
  certificateAuthority,
  certificateStore,
  clientHelloLayer,
  PeerCertificate,
  tlsAcceptLayer,
  tlsConnectLayer,
  tlsRouter,
} from '@lamella/tls';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checkProcess } from './support/process-failures.ts';

checkLedger({ beforeEach, afterEach });
checkProcess({ beforeEach, afterEach });

let authority: CertificateAuthority;
beforeAll(async () => {
  authority = await certificateAuthority();
});

const echo = serviceFn(async ({ stream }: Connection) => {
  for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) await stream.write([chunk]);
  await stream.closeWrite();
});

describe('certificates that are replaced under load', () => {
  it('fail no handshake and no connection: 600 of them, and 40 replacements', async () => {
    const certificates = await Promise.all(Array.from({ length: 41 }, () => authority.issue({ names: ['a.test'] })));
    const [first, ...others] = certificates;
    if (first === undefined) throw new Error('there is no certificate');
    const store = certificateStore([first]);
    const world = openWorld(tlsAcceptLayer({ certificates: store })(echo));
    const shown = new Map<string, number>();
    const long = await world.dial(); // stands through all of it
    let begun = 0;
    const client = async (): Promise<void> => {
      while (begun++ < 600) {
        const current = begun % 15 === 0 ? others.pop() : undefined;
        if (current !== undefined) store.replace([current]);
        const { stream, extensions } = await world.dial();
        const serial = extensions.get(PeerCertificate)?.serialNumber.toLowerCase() ?? '';
        shown.set(serial, (shown.get(serial) ?? 0) + 1);
        void stream.write([utf8('hello')]);
        expect(text(await readExactly(stream, 5))).toBe('hello');
        stream.destroy();
      }
    };
    await Promise.all(Array.from({ length: 20 }, client));
    expect([...shown.values()].reduce((sum, count) => sum + count)).toBe(600);
    expect(shown.size).toBeGreaterThan(30); // each was shown in its time
    expect(others).toEqual([]);
    void long.stream.write([utf8('still here')]);
    expect(text(await readExactly(long.stream, 10))).toBe('still here');
    long.stream.destroy();
    expect(world.failures).toEqual([]);
    await world.close();
  });
});

describe('a look at the ClientHello', () => {
  it('costs no round trip', async () => {
    const certificates = await authority.issue({ names: ['a.test'] });
    const accepting = tlsAcceptLayer({ certificates });
    const plainMs = await handshakeMs(accepting(echo));
    const peekedMs = await handshakeMs(stack(clientHelloLayer(), accepting, echo));
    expect(peekedMs).toBe(plainMs);
    expect(plainMs).toBeGreaterThanOrEqual(2 * 2 * LATENCY_MS); // one for the connect, one for TLS 1.3
  });

  it.each([[1], [7], [65_536]])(
    'lets who is behind see the very bytes of the client, in pieces of %i',
    async (chunkBytes) => {
      const certificates = await authority.issue({ names: ['a.test'] });
      const network = memoryNetwork();
      network.setConditions({ chunkBytes });
      const [sent, arrived] = [new Tap(), new Tap()];
      const backend = tlsAcceptLayer({ certificates })(echo);
      const behind = serviceFn((connection: Connection) =>
        backend.serve(connection.withStream(arrived.onRead(connection.stream))),
      );
      const inner = openWorld(behind, { network, address: 'behind.test:443' });
      const passing = serviceFn(async ({ stream }: Connection) => {
        const egress = await network.connector().serve(connectRequest({ target: parseAddress('behind.test:443') }));
        await relay(stream, egress.stream);
      });
      const world = openWorld(tlsRouter({ routes: [{ names: ['a.test'], service: passing }] }), { network });
      const { stream } = await world.dial((connection) => connection.withStream(sent.onWrite(connection.stream)));
      void stream.write([utf8('hello')]);
      expect(text(await readExactly(stream, 5))).toBe('hello');
      await stream.closeWrite();
      while ((await stream.read()) !== undefined);
      stream.destroy();
      expect(sent.bytes.length).toBeGreaterThan(200);
      expect(arrived.bytes.equals(sent.bytes)).toBe(true);
      await world.close();
      await inner.close();
    },
  );
});

/** One way of 10 ms, on a clock that goes on only when nothing else can. @returns How long it took until the first answer. */
async function handshakeMs(server: Service<Connection, void>): Promise<number> {
  const clock = new FakeClock();
  const network = memoryNetwork({ clock });
  network.setConditions({ latencyMs: LATENCY_MS });
  const world = openWorld(server, { network });
  let ended: number | undefined;
  const dialled = world.dial().then((connection) => {
    ended = clock.nowMs();
    return connection;
  });
  for (let turn = 0; turn < 1_000 && ended === undefined; turn++) {
    // OpenSSL takes some turns of the event loop for each flight.
    for (let wait = 0; wait < 5; wait++) await new Promise<void>((resolve) => setImmediate(resolve));
    await clock.advanceAsync(1);
  }
  const { stream } = await dialled;
  stream.destroy();
  const closed = world.close();
  await clock.advanceAsync(1_000);
  await closed;
  return ended ?? Number.NaN;
}

interface WorldOptions {
  readonly network?: ReturnType<typeof memoryNetwork>;
  readonly address?: string;
}

/** A server in memory, and clients of it that trust the authority. */
function openWorld(server: Service<Connection, void>, options: WorldOptions = {}) {
  const { network = memoryNetwork(), address = 'a.test:443' } = options;
  const lifecycle = createLifecycle();
  const failures: unknown[] = [];
  const served = serveListener(network.listen(address), server, {
    lifecycle,
    onError: (error) => void failures.push(error),
  });
  const tls = tlsConnectLayer({ roots: authority.cert, maxSessions: 0 }); // each handshake is a whole one
  return {
    failures,
    dial(change: (connection: Connection) => Connection = (connection) => connection): Promise<Connection> {
      const connector: Connector = { serve: async (request) => change(await network.connector().serve(request)) };
      return tls(connector).serve(connectRequest({ target: parseAddress(address), secure: true }));
    },
    async close(): Promise<void> {
      await lifecycle.drain({ graceMs: 0 });
      await served;
    },
  };
}

/** Keeps a copy of what passes. */
class Tap {
  bytes: Buffer = Buffer.alloc(0);

  onWrite(stream: ByteStream): ByteStream {
    return {
      ...plain(stream),
      write: (chunks) => {
        this.bytes = Buffer.concat([this.bytes, ...chunks]);
        return stream.write(chunks);
      },
    };
  }

  onRead(stream: ByteStream): ByteStream {
    return {
      ...plain(stream),
      read: async (options) => {
        const chunk = await stream.read(options);
        if (chunk !== undefined) this.bytes = Buffer.concat([this.bytes, chunk]);
        return chunk;
      },
    };
  }
}

function plain(stream: ByteStream): ByteStream {
  return {
    read: (options) => stream.read(options),
    unread: (chunk) => stream.unread(chunk),
    write: (chunks) => stream.write(chunks),
    closeWrite: () => stream.closeWrite(),
    destroy: (reason) => stream.destroy(reason),
    closed: stream.closed,
  };
}

const LATENCY_MS = 10;
