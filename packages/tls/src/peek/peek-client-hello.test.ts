import { createConnection, memoryPipe } from '@lamella/net-core';
import { checkLedger, readAll, splitsOf } from '@lamella/net-core/testing';
import { AbortScope } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { helloMessage, joined, record, records } from '../../test/support/client-hello-bytes.ts';
import type { PeekClientHelloOptions } from './peek-client-hello.ts';
import { peekClientHello } from './peek-client-hello.ts';

checkLedger({ beforeEach, afterEach });

const MESSAGE = helloMessage();
const BEHIND = Uint8Array.of(20, 3, 3, 0, 1, 1);

describe('peekClientHello', () => {
  it.each([16_384, 40, 1])('puts every byte back, however it is cut: records of %i bytes', async (recordBytes) => {
    const bytes = joined(records(MESSAGE, recordBytes), BEHIND);
    const step = recordBytes === 1 ? 17 : 1; // cuts at every byte of the record headers come by anyway
    for (const { name, parts } of [...splitsOf(bytes)].filter((_, index) => index < 2 || index % step === 0)) {
      await withPeer(async ({ near, connection }) => {
        const peeking = peekClientHello(connection);
        for (const part of parts) void near.write([part]);
        await near.closeWrite();
        expect((await peeking)?.message, name).toEqual(MESSAGE);
        expect(Uint8Array.from(await readAll(connection.stream)), name).toEqual(bytes);
      });
    }
  });

  it('puts back what is no hello', async () => {
    await withPeer(async ({ near, connection }) => {
      const bytes = Buffer.from('GET / HTTP/1.1\r\n\r\n');
      void near.write([Uint8Array.from(bytes)]);
      await near.closeWrite();
      await expect(peekClientHello(connection)).rejects.toMatchObject({ code: 'LML_ERR_CLIENT_HELLO_PLAIN_HTTP' });
      expect(await readAll(connection.stream)).toEqual(bytes);
    });
  });

  it('has nothing to say of a connection that ends before its first byte', async () => {
    await withPeer(async ({ near, connection }) => {
      await near.closeWrite();
      expect(await peekClientHello(connection)).toBeUndefined();
    });
  });

  it('refuses a connection that ends within its hello, at every byte', async () => {
    const bytes = records(MESSAGE);
    for (let length = 1; length < bytes.length; length++) {
      await withPeer(async ({ near, connection }) => {
        void near.write([bytes.slice(0, length)]);
        await near.closeWrite();
        await expect(peekClientHello(connection)).rejects.toMatchObject({
          code: 'LML_ERR_CLIENT_HELLO_UNEXPECTED_END',
          facts: { layer: 'tls', phase: 'client-hello' },
        });
      });
    }
  });

  it('gives a client that dribbles timeoutMs for all of it, and not a millisecond more', async () => {
    await withPeer(async ({ near, connection, clock }) => {
      const peeking = peekClientHello(connection, { timeoutMs: 1_000, clock });
      const failed = expect(peeking).rejects.toMatchObject({ code: 'LML_ERR_TIMEOUT', timeoutMs: 1_000 });
      const bytes = records(MESSAGE);
      for (let sent = 0; sent < 99; sent++) {
        void near.write([bytes.slice(sent, sent + 1)]);
        await clock.advanceAsync(10);
      }
      await clock.advanceAsync(9);
      expect(clock.pendingTimers).toBe(1);
      await clock.advanceAsync(1);
      await failed;
      expect(clock.pendingTimers).toBe(0);
      await near.closeWrite();
      expect(Uint8Array.from(await readAll(connection.stream))).toEqual(bytes.slice(0, 99));
    });
  });

  it('takes a client that dribbles, and is done in time', async () => {
    await withPeer(async ({ near, connection, clock }) => {
      const peeking = peekClientHello(connection, { timeoutMs: 1_000, clock });
      for (const byte of records(MESSAGE)) {
        void near.write([Uint8Array.of(byte)]);
        await clock.advanceAsync(1);
      }
      expect((await peeking)?.serverName).toBe('example.com');
      expect(clock.pendingTimers).toBe(0);
    });
  });

  it('waits for 10 seconds by default', async () => {
    await withPeer(async ({ connection, clock }) => {
      const peeking = peekClientHello(connection, { clock });
      const failed = expect(peeking).rejects.toMatchObject({ code: 'LML_ERR_TIMEOUT', timeoutMs: 10_000 });
      await clock.advanceAsync(9_999);
      expect(clock.pendingTimers).toBe(1);
      await clock.advanceAsync(1);
      await failed;
    });
  });

  it('reads no more than maxBytes of a peer that sends records without end', async () => {
    const endless = joined(
      record(MESSAGE.subarray(0, 1)),
      ...Array.from({ length: 4_000 }, () => record(Uint8Array.of(0))),
    );
    for (const [limits, code] of [
      [{ maxBytes: 2_000 }, 'TOO_LARGE'],
      [{ maxRecords: 100 }, 'TOO_MANY_RECORDS'],
    ] as const) {
      // Announces 200 KiB, then 64 KiB less a byte, which limits allow.
      const bytes = code === 'TOO_LARGE' ? joined(record(Uint8Array.of(1, 3, 0, 0)), endless) : withLength(endless);
      await withPeer(async ({ near, connection }) => {
        void near.write([bytes]);
        await near.closeWrite();
        await expect(peekClientHello(connection, { maxBytes: 100_000, ...limits })).rejects.toMatchObject({
          code: `LML_ERR_CLIENT_HELLO_${code}`,
        });
        expect((await readAll(connection.stream)).length).toBe(bytes.length);
      });
    }
  });

  it('gives up with the reason of the connection', async () => {
    await withPeer(async ({ connection, scope }) => {
      const peeking = peekClientHello(connection);
      const reason = new Error('the server closes');
      scope.abort(reason);
      await expect(peeking).rejects.toBe(reason);
    });
  });

  it('fails when the stream does', async () => {
    await withPeer(async ({ near, connection }) => {
      const peeking = peekClientHello(connection);
      near.destroy(new Error('reset'));
      await expect(peeking).rejects.toMatchObject({ code: 'LML_ERR_STREAM_RESET' });
    });
  });

  it.each([
    [{ timeoutMs: 0 }, 'timeoutMs must be > 0'],
    [{ maxBytes: 1 }, 'maxBytes must be an integer from 512'],
    [{ maxRecords: 0 }, 'maxRecords must be an integer of at least 1'],
  ] satisfies [PeekClientHelloOptions, string][])('refuses %o', async (options, message) => {
    await withPeer(async ({ connection }) => {
      await expect(peekClientHello(connection, options)).rejects.toThrow(message);
    });
  });
});

/** The records, with a message of 60,000 bytes announced by the first four of them. */
function withLength(bytes: Uint8Array): Uint8Array {
  return joined(record(Uint8Array.of(1, 0, 0xea, 0x60)), bytes.subarray(6));
}

interface Peer {
  readonly near: ReturnType<typeof memoryPipe>[0];
  readonly connection: ReturnType<typeof createConnection>;
  readonly scope: AbortScope;
  readonly clock: FakeClock;
}

async function withPeer(test: (peer: Peer) => Promise<void>): Promise<void> {
  const [near, far] = memoryPipe();
  const scope = new AbortScope();
  const connection = createConnection(far, { scope });
  try {
    await test({ near, connection, scope, clock: new FakeClock() });
  } finally {
    near.destroy();
    far.destroy();
    await settle(1);
  }
}
