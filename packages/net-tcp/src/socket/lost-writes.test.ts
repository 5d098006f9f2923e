import { mkdtempSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ByteStream, Listener } from '@lamella/net-core';
import { checkLedger, patternBytes, readAll, text } from '@lamella/net-core/testing';
import { settle } from '@lamella/service-core/testing';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ReadMode } from '../index.ts';
import { listenTcp, listenUnix } from '../index.ts';

checkLedger({ beforeEach, afterEach });
const folder = mkdtempSync(join(tmpdir(), 'lamella-'));
afterAll(() => rmSync(folder, { recursive: true }));

const modes: readonly ReadMode[] = ['shared-memory', 'data-events'];
/** Little enough for the kernel to take it at once and keep it until it is read. */
const ANSWER = patternBytes(50_000);

describe.each(modes)('a socket read by %s whose write is lost', (readMode) => {
  it('gives all that the peer had sent, and its end, and then tells why it is gone', async () => {
    const { stream, peer, close } = await open(await listenTcp({ readMode }));
    await leave(stream, peer);
    await loseWrite(stream);
    expect(Buffer.compare(await readAll(stream), ANSWER)).toBe(0);
    await expect(stream.closed).resolves.toMatchObject({ reason: 'reset', error: { code: 'EPIPE' } });
    await close();
  });

  it('gives it to a read that waits', async () => {
    const { stream, peer, close } = await open(await listenTcp({ readMode }));
    await leave(stream, peer);
    void loseWrite(stream);
    expect(Buffer.compare(await readAll(stream), ANSWER)).toBe(0);
    await stream.closed;
    await close();
  });

  it('gives it to a sink, however often that pauses', async () => {
    const { stream, peer, close } = await open(await listenTcp({ readMode }));
    const received: Uint8Array[] = [];
    const ended = Promise.withResolvers<void>();
    const source = stream.consume?.({
      onBytes(chunk) {
        received.push(Buffer.from(chunk));
        source?.pause();
        setImmediate(() => source?.resume());
        return undefined;
      },
      onEnd: ended.resolve,
    });
    source?.pause();
    await leave(stream, peer);
    await loseWrite(stream);
    expect(received).toEqual([]);
    source?.resume();
    await ended.promise;
    expect(Buffer.compare(Buffer.concat(received), ANSWER)).toBe(0);
    expect((await stream.closed).reason).toBe('reset');
    await close();
  });

  it('takes nothing more, and is not handed over', async () => {
    const { stream, peer, close } = await open(await listenTcp({ readMode }));
    await leave(stream, peer);
    await loseWrite(stream);
    const refusal = { code: 'LML_ERR_STREAM_RESET', cause: { code: 'EPIPE' } };
    await expect(stream.write([new Uint8Array(1)])).rejects.toMatchObject(refusal);
    await expect(stream.writeLatin1?.('x')).rejects.toMatchObject(refusal);
    expect(stream.writeLent?.(new Uint8Array(1))).toBe(false);
    await expect(stream.write([])).rejects.toMatchObject(refusal);
    expect(stream.detach?.()).toBeUndefined();
    await stream.closeWrite();
    stream.destroy();
    await close();
  });

  it('does not take a reset for an end', async () => {
    const { stream, peer, close } = await open(await listenTcp({ readMode }));
    await sent(peer, ANSWER);
    await settle(20);
    peer.resetAndDestroy();
    await loseWrite(stream);
    let length = 0;
    const reading = (async () => {
      for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) length += chunk.length;
    })();
    await expect(reading).rejects.toMatchObject({ code: 'LML_ERR_STREAM_RESET', cause: { code: 'ECONNRESET' } });
    expect(length).toBe(ANSWER.length);
    expect((await stream.closed).reason).toBe('reset');
    await close();
  });

  it('ends after a while if nobody reads', async () => {
    const { stream, peer, close } = await open(await listenTcp({ readMode }));
    await leave(stream, peer);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    await loseWrite(stream);
    let isClosed = false;
    void stream.closed.then(() => {
      isClosed = true;
    });
    vi.advanceTimersByTime(4_999);
    await settle();
    expect(isClosed).toBe(false);
    vi.advanceTimersByTime(1);
    await expect(stream.closed).resolves.toMatchObject({ reason: 'reset', error: { code: 'EPIPE' } });
    await expect(readAll(stream)).rejects.toMatchObject({ code: 'LML_ERR_STREAM_RESET' });
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
    await close();
  });

  it.each([undefined, new Error('enough')])('ends at once when it is destroyed, with %s', async (reason) => {
    const { stream, peer, close } = await open(await listenTcp({ readMode }));
    await leave(stream, peer);
    await loseWrite(stream);
    stream.destroy(reason);
    expect(await stream.closed).toEqual({ reason: 'shutdown', ...(reason === undefined ? {} : { error: reason }) });
    await close();
  });
});

describe('a Unix socket whose write is lost', () => {
  it('gives all that the peer had sent, though nobody can tell its end from a reset', async () => {
    const { stream, peer, close } = await open(await listenUnix({ path: join(folder, 'lost.sock') }));
    await leave(stream, peer);
    await loseWrite(stream);
    let length = 0;
    await (async () => {
      for (let chunk = await stream.read(); chunk !== undefined; chunk = await stream.read()) length += chunk.length;
    })().catch(() => {});
    expect(length).toBe(ANSWER.length);
    expect((await stream.closed).reason).toBe('reset');
    await close();
  });
});

it('a stream whose peer has ended before is gone with the write', async () => {
  const { stream, peer, close } = await open(await listenTcp());
  peer.end('bye');
  expect(text(await readAll(stream))).toBe('bye');
  void stream.write([patternBytes(10)]);
  await settle(20);
  peer.destroy();
  await loseWrite(stream);
  expect((await stream.closed).reason).toBe('reset');
  await close();
});

/** The peer answers and closes, with bytes that it has not read: what comes to it from now on is refused. */
async function leave(stream: ByteStream, peer: Socket): Promise<void> {
  void stream.write([patternBytes(10_000)]);
  await settle(20);
  await sent(peer, ANSWER);
  peer.destroySoon();
  await settle(20);
}

function sent(peer: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => peer.write(bytes, () => resolve()));
}

/** Writes until that fails. */
async function loseWrite(stream: ByteStream): Promise<void> {
  for (;;) {
    try {
      await stream.write([patternBytes(1_000)]);
    } catch {
      return;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A stream, and a socket of Node at the other end, which reads nothing. */
async function open(listener: Listener) {
  const { address } = listener;
  const peer = connect(address.type === 'unix' ? { path: address.path } : { port: (address as { port: number }).port });
  peer.on('error', () => {});
  peer.pause();
  const { value } = await listener[Symbol.asyncIterator]().next();
  const { stream } = value as { stream: ByteStream };
  const close = async (): Promise<void> => {
    peer.destroy();
    await stream.closed;
    await listener.close();
  };
  return { stream, peer, close };
}
