import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ByteStream, Connection, Connector, Listener } from '@lamella/net-core';
import { connectRequest, formatAddress, PeerAddress, parseIp, relay } from '@lamella/net-core';
import {
  byteStreamCases,
  checkLedger,
  connectorCases,
  patternBytes,
  readAll,
  readExactly,
  text,
  utf8,
} from '@lamella/net-core/testing';
import { settle } from '@lamella/service-core/testing';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ReadMode } from '../index.ts';
import { listenTcp, listenUnix, socketConnector, tcpConnector } from '../index.ts';
import { LARGE_PIECE_BYTES } from './read-memory.ts';

checkLedger({ beforeEach, afterEach });
const folder = mkdtempSync(join(tmpdir(), 'lamella-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Transport {
  readonly what: string;
  readonly hasReset: boolean;
  listen(): Promise<Listener>;
}

let socketCount = 0;
const modes: readonly ReadMode[] = ['shared-memory', 'data-events'];
const transports: readonly Transport[] = modes.flatMap((readMode) => [
  { what: `TCP, read by ${readMode}`, hasReset: true, listen: () => listenTcp({ readMode }) },
  { what: `TCP on IPv6, read by ${readMode}`, hasReset: true, listen: () => listenTcp({ host: '::1', readMode }) },
  {
    what: `Unix sockets, read by ${readMode}`,
    hasReset: false,
    listen: () => listenUnix({ path: join(folder, `${socketCount++}.sock`), readMode }),
  },
]);
const connector = tcpConnector();

describe.each(transports)('$what', ({ listen, hasReset }) => {
  it.each(connectorCases)('$name', ({ run }) => run({ listen, connector }));

  it.each(byteStreamCases)('$name', async ({ run }) => {
    const listener = await listen();
    await run({ connect: () => open(listener), hasReset });
    await listener.close();
  });

  it('gives bytes that came before somebody reads, and holds the rest back', async () => {
    const listener = await listen();
    const [near, far] = await open(listener);
    const bytes = patternBytes(5_000_000);
    const sent = (async () => {
      await near.write([bytes.slice()]);
      await near.closeWrite();
    })();
    await settle(50);
    expect(Buffer.compare(await readAll(far), bytes)).toBe(0);
    await sent;
    near.destroy();
    far.destroy();
    await listener.close();
  });

  it('does not ask to wait for what the kernel has taken already, and does as soon as it takes no more', async () => {
    const listener = await listen();
    const [near, far] = await open(listener);
    // Longer than the mark at which Node asks to wait after any write.
    expect(near.write([utf8('head'), patternBytes(64 * 1024)])).toBeUndefined();
    let room: Promise<void> | undefined;
    for (let writes = 0; writes < 1_000 && room === undefined; writes++) room = near.write([patternBytes(64 * 1024)]);
    expect(room).toBeInstanceOf(Promise); // nobody reads: the buffers of both ends are full
    near.destroy(new Error('enough'));
    await expect(room).rejects.toThrow();
    far.destroy();
    await listener.close();
  });

  it('hands the kernel socket over with the bytes that were read, and it goes on', async () => {
    const listener = await listen();
    const [near, far] = await open(listener);
    void near.write([utf8('hello ')]);
    far.unread(await readExactly(far, 6));
    const detached = far.detach?.();
    expect(text(Buffer.concat(detached?.buffered ?? []))).toBe('hello ');
    await far.closed;
    void near.write([utf8('world')]);
    await near.closeWrite();
    let rest = '';
    detached?.socket.on('data', (chunk) => {
      rest += String(chunk);
    });
    await new Promise((resolve) => detached?.socket.once('end', resolve).resume());
    expect(rest).toBe('world');
    detached?.socket.end('bye');
    expect(text(await readAll(near))).toBe('bye');
    detached?.socket.destroy();
    near.destroy();
    await listener.close();
  });
});

describe('1,000 connections that are broken off anywhere', () => {
  it('leave nothing behind and crash nothing', async () => {
    const listener = await listenTcp();
    const accepting = listener[Symbol.asyncIterator]();
    for (let batch = 0; batch < 20; batch++) {
      await Promise.all(
        Array.from({ length: 50 }, async (_, index) => {
          const near = await connect(connector, listener);
          const { value: far } = await accepting.next();
          void near.stream.write([patternBytes(1 + index * 1_000)]);
          if (index % 4 === 0) void far.stream.read().catch(() => {});
          if (index % 3 === 0) far.stream.destroy(new Error('broken off'));
          if (index % 2 === 0) near.stream.destroy(new Error('broken off'));
          else near.stream.destroy();
          far.stream.destroy();
          await Promise.all([near.stream.closed, far.stream.closed]);
        }),
      );
    }
    await listener.close();
    expect(listener.gauges).toEqual({ open: 0, refused: 0 });
  });
});

describe('a relay of sockets', () => {
  it('passes everything on as it was, though its memory is used again while the receiver is slow', async () => {
    const listener = await listenTcp();
    const [client, downstream] = await open(listener);
    const [upstream, server] = await open(listener);
    const outcome = relay(downstream, upstream);
    const allocations = vi.spyOn(Buffer, 'allocUnsafeSlow');
    const bytes = patternBytes(24 * 1024 * 1024 + 1);
    const sent = (async () => {
      for (let at = 0; at < bytes.length; at += 300_000) await client.write([bytes.slice(at, at + 300_000)]);
      await client.closeWrite();
    })();
    let received = 0;
    for (let chunk = await server.read(); chunk !== undefined; chunk = await server.read()) {
      const expected = bytes.subarray(received, received + chunk.length);
      expect(Buffer.compare(chunk, expected), `from byte ${received}`).toBe(0);
      received += chunk.length;
      if (received % 5 === 0) await settle(3);
      // Stops until everything on the way is full, so that the relay has to keep what it has read.
      if (Math.floor(received / STOP_BYTES) > Math.floor((received - chunk.length) / STOP_BYTES)) await settle(200);
    }
    await sent;
    await server.closeWrite();
    const large = allocations.mock.calls.filter(([byteCount]) => byteCount === LARGE_PIECE_BYTES);
    allocations.mockRestore();
    expect(large.length).toBeLessThanOrEqual(4); // one is being read into, one is being written; two to spare
    expect(await outcome).toMatchObject({ reason: 'eof', bytesUp: bytes.length, bytesDown: 0 });
    for (const stream of [client, downstream, upstream, server]) stream.destroy();
    await listener.close();
  });
});

const STOP_BYTES = 4 * 1024 * 1024;

describe('TCP_NODELAY', () => {
  it('reaches the kernel for every dialled and every accepted socket', async () => {
    const listener = await listenTcp();
    const [probe, other] = await open(listener);
    const { socket } = probe.detach?.() ?? {};
    const { _handle: handle } = socket as unknown as { _handle: { setNoDelay(isOn: boolean): number } }; // Node's own
    const told = vi.spyOn(Object.getPrototypeOf(handle) as typeof handle, 'setNoDelay');
    const [near, far] = await open(listener);
    expect(told.mock.calls.map(([isOn]) => isOn)).toEqual([true, true]);
    expect(new Set(told.mock.contexts).size).toBe(2);
    told.mockRestore();
    socket?.destroy();
    for (const stream of [other, near, far]) stream.destroy();
    await listener.close();
  });
});

describe('addresses', () => {
  it('show IPv4 peers of a dual-stack listener as IPv4', async () => {
    const listener = await listenTcp({ host: '::' });
    const port = listener.address.type === 'tcp' ? listener.address.port : 0;
    const target = { type: 'tcp', host: parseIp('127.0.0.1'), port } as const;
    const near = await socketConnector().serve(connectRequest({ target }));
    const { value: far } = await listener[Symbol.asyncIterator]().next();
    const peer = (far as Connection).extensions.get(PeerAddress);
    expect(peer === undefined ? '' : formatAddress(peer)).toMatch(/^127\.0\.0\.1:\d+$/);
    near.stream.destroy();
    far.stream.destroy();
    await listener.close();
  });
});

function connect(through: Connector, listener: Listener): Promise<Connection> {
  return through.serve(connectRequest({ target: listener.address }));
}

async function open(listener: Listener): Promise<readonly [ByteStream, ByteStream]> {
  const near = await connect(connector, listener);
  const { value: far } = await listener[Symbol.asyncIterator]().next();
  return [near.stream, far.stream];
}
