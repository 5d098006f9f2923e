import type { ByteStream } from '@lamella/net-core';
import { connectRequest, createConnection, memoryPipe, parseAddress } from '@lamella/net-core';
import {
  byteStreamCases,
  checkLedger,
  patternBytes,
  readAll,
  readExactly,
  text,
  utf8,
} from '@lamella/net-core/testing';
import { settle } from '@lamella/service-core/testing';
import { tlsAcceptLayer, tlsConnectLayer } from '@lamella/tls';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestAuthority, TestPair } from './support/test-certificates.ts';
import { testAuthority } from './support/test-certificates.ts';

checkLedger({ beforeEach, afterEach });

let authority: TestAuthority;
let certificate: TestPair;
beforeAll(async () => {
  authority = await testAuthority();
  certificate = await authority.issue(['server.test']);
});

describe('a TLS session over a stream that is no socket', () => {
  it.each(byteStreamCases)('$name', ({ run }) => run({ connect: () => overTls(memoryPipe()) }));

  it.each([1, 2, 7])('carries bytes that come in pieces of %i', async (chunkBytes) => {
    const [near, far] = await overTls(memoryPipe({ forward: { chunkBytes } }));
    void near.write([utf8('hello')]);
    expect(text(await readExactly(far, 5))).toBe('hello');
    await near.closeWrite();
    await far.closeWrite();
    expect((await readAll(near)).length).toBe(0);
    expect((await near.closed).reason).toBe('eof');
  });
});

describe.each([1, 2])('%i sessions, one inside of the other, that both sides have ended', (depth) => {
  it('give a reader who comes late all that was sent', async () => {
    let ends: readonly [ByteStream, ByteStream] = memoryPipe();
    for (let count = 0; count < depth; count++) ends = await overTls(ends);
    const [near, far] = ends;
    await near.closeWrite();
    expect((await readAll(far)).length).toBe(0);
    const first = await readWith(near, far, 20_000); // it has begun to read, and then pauses
    void far.write([patternBytes(10_000)]);
    void far.closeWrite();
    await settle(20); // all is on this side, goodbye included
    expect(first + (await readAll(near)).length).toBe(30_000);
    expect((await near.closed).reason).toBe('eof');
    expect((await far.closed).reason).toBe('eof');
  });
});

describe('a TLS session inside of a TLS session', () => {
  it.each(byteStreamCases)('$name', ({ run }) => run({ connect: async () => overTls(await overTls(memoryPipe())) }));

  it('ends with a reset if only the session around it says that it ends', async () => {
    const [outerNear, outerFar] = await overTls(memoryPipe());
    const [near, far] = await overTls([outerNear, undetachable(outerFar)]);
    void far.write([utf8('part of a whole')]);
    expect(text(await readExactly(near, 15))).toBe('part of a whole');
    void outerFar.closeWrite(); // as a proxy could do that lies on the way
    await expect(near.read()).rejects.toMatchObject({
      code: 'LML_ERR_STREAM_RESET',
      cause: { code: 'LML_ERR_TLS_TRUNCATED' },
    });
    far.destroy();
  });
});

/** A stream that stays in the hands of the test. */
function undetachable(stream: ByteStream): ByteStream {
  return {
    read: (options) => stream.read(options),
    unread: (chunk) => stream.unread(chunk),
    write: (chunks) => stream.write(chunks),
    closeWrite: () => stream.closeWrite(),
    destroy: (reason) => stream.destroy(reason),
    closed: stream.closed,
  };
}

/** Sends some bytes. @returns How many of them were read at once. */
async function readWith(near: ByteStream, far: ByteStream, byteCount: number): Promise<number> {
  void far.write([patternBytes(byteCount)]);
  return (await near.read())?.length ?? 0;
}

/** Speaks TLS over two ends of a connection. */
async function overTls([near, far]: readonly [ByteStream, ByteStream]): Promise<readonly [ByteStream, ByteStream]> {
  const request = connectRequest({ target: parseAddress('server.test:443'), secure: true });
  const secured = Promise.withResolvers<ByteStream>();
  const server = tlsAcceptLayer({ certificates: certificate })({
    async serve({ stream }) {
      secured.resolve(stream);
    },
  });
  const client = tlsConnectLayer({ roots: authority.cert })({ serve: async () => createConnection(near) });
  const [{ stream }] = await Promise.all([client.serve(request), server.serve(createConnection(far))]);
  return [stream, await secured.promise];
}
