import { randomBytes } from 'node:crypto';
import { connect as connectByNode } from 'node:tls';
import type { ByteStream, Connection } from '@lamella/net-core';
import { connectRequest, createConnection, duplexFromByteStream, memoryPipe, parseAddress } from '@lamella/net-core';
import { checkLedger, readAll, readExactly, text, utf8 } from '@lamella/net-core/testing';
import { FakeClock, settle } from '@lamella/service-core/testing';
import type { TlsAcceptOptions } from '@lamella/tls';
import { tlsAcceptLayer, tlsConnectLayer } from '@lamella/tls';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestAuthority, TestPair } from './support/test-certificates.ts';
import { testAuthority } from './support/test-certificates.ts';
import { tlsWorld } from './support/tls-world.ts';

checkLedger({ beforeEach, afterEach });

let root: TestAuthority;
let good: TestPair;
beforeAll(async () => {
  root = await testAuthority();
  good = await root.issue(['server.test']);
});

const record = (type: number, body: Uint8Array, version = 0x0301): Uint8Array =>
  Buffer.concat([Buffer.from([type, version >> 8, version & 0xff, body.length >> 8, body.length & 0xff]), body]);

describe('what does not speak TLS is refused, and the next client is served', () => {
  it.each<[string, Uint8Array, string, RegExp]>([
    [
      'a request of HTTP',
      utf8('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
      'LML_ERR_TLS_PROTOCOL',
      /an HTTP request in clear; it should use https/,
    ],
    ['a request for a proxy', utf8('CONNECT x:443 HTTP/1.1\r\n\r\n'), 'LML_ERR_TLS_PROTOCOL', /for a proxy in clear/],
    ['text', utf8('EHLO example.com\r\n'), 'LML_ERR_TLS_PROTOCOL', /does not speak TLS here; check the port/],
    ['zeros', new Uint8Array(64), 'LML_ERR_TLS_PROTOCOL', /tls handshake with 192\.0\.2\.1/],
    ['noise', randomBytes(512).fill(0xff, 0, 5), 'LML_ERR_TLS_PROTOCOL', /tls handshake with/],
    ['a record that is too long', record(22, new Uint8Array(65_535)), 'LML_ERR_TLS_PROTOCOL', /tls handshake with/],
    ['an empty record', record(22, new Uint8Array(0)), 'LML_ERR_TLS_CLOSED', /closed the connection/],
    ['data before the handshake', record(23, utf8('hello')), 'LML_ERR_TLS_PROTOCOL', /tls handshake with/],
    ['another message first', record(22, Buffer.from([16, 0, 0, 1, 0])), 'LML_ERR_TLS_PROTOCOL', /tls handshake with/],
    ['a hello that is cut', record(22, Buffer.from([1, 0, 0, 2, 3, 3])), 'LML_ERR_TLS_PROTOCOL', /tls handshake with/],
    [
      'SSL 3.0',
      record(22, Buffer.from([1, 0, 0, 39, 3, 0, ...new Uint8Array(32), 0, 0, 2, 0, 47, 1, 0]), 0x0300),
      'LML_ERR_TLS_PROTOCOL',
      /tls handshake with/,
    ],
    ['an alert', record(21, Buffer.from([2, 80])), 'LML_ERR_TLS_PROTOCOL', /tls handshake with/],
  ])('%s', async (_what, bytes, code, message) => {
    const world = tlsWorld({ certificates: good });
    const { stream } = await world.connectInClear();
    void stream.write([bytes]);
    void stream.closeWrite();
    expect(await world.failure()).toMatchObject({ code, message: expect.stringMatching(message) });
    await readAll(stream).catch(() => {});
    stream.destroy();
    (await world.connect({ roots: root.cert })).stream.destroy();
    await world.close();
  });

  it.each<[string, string, RegExp]>([
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n', /does not speak TLS here; check the port/],
    ['a greeting', '220 mail.example.com ESMTP\r\n', /does not speak TLS here; check the port/],
  ])('a server that answers by %s', async (_what, answer, message) => {
    const [near, far] = memoryPipe();
    void far.write([utf8(answer)]);
    await expect(clientOn(near)).rejects.toMatchObject({
      code: 'LML_ERR_TLS_PROTOCOL',
      message: expect.stringMatching(message),
    });
    far.destroy();
  });
});

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('a %s handshake that is broken', (maxVersion) => {
  it('at any byte of the client fails on the server, which closes all', async () => {
    const { sent } = await recordHandshake({ maxVersion });
    const bytes = Buffer.concat(sent);
    for (let cut = 1; cut < bytes.length; cut += 1 + Math.floor(bytes.length / 60)) {
      const world = tlsWorld({ certificates: good, maxVersion });
      const { stream } = await world.connectInClear();
      void stream.write([bytes.subarray(0, cut)]);
      await stream.closeWrite();
      expect(await world.failure()).toMatchObject({ name: 'TlsError', phase: 'handshake' });
      await readAll(stream).catch(() => {});
      stream.destroy();
      await world.close();
    }
  });

  it('at any byte of the server fails on the client, which closes all', async () => {
    const { received } = await recordHandshake({ maxVersion });
    const { length } = Buffer.concat(received);
    // Signatures differ in length by some bytes, and at the end a `close_notify` may have come along.
    for (let cut = 0; cut < length - 64; cut += 1 + Math.floor(length / 60)) {
      const [near, far] = memoryPipe();
      const serving = serverOn(createConnection(endingAfter(far, cut)), { maxVersion });
      await expect(clientOn(near)).rejects.toMatchObject({
        name: 'TlsError',
        code: 'LML_ERR_TLS_CLOSED',
        message: expect.stringContaining('the peer closed the connection during the handshake'),
        domain: 'transport',
        facts: { retryable: true },
      });
      await serving.catch(() => {});
    }
  });

  it('by a reset fails as one that was closed', async () => {
    const { received } = await recordHandshake({ maxVersion });
    for (const bytes of [new Uint8Array(0), Buffer.concat(received).subarray(0, 100)]) {
      const [near, far] = memoryPipe();
      if (bytes.length > 0) void far.write([bytes]);
      const refused = expect(clientOn(near)).rejects.toMatchObject({ code: 'LML_ERR_TLS_CLOSED' });
      await settle(2);
      far.destroy(new Error('gone'));
      await refused;
    }
  });

  it('works if it comes byte by byte, both ways', async () => {
    const world = tlsWorld({ certificates: good, maxVersion });
    world.network.setConditions({ chunkBytes: 1 });
    const { stream } = await world.connect({ roots: root.cert });
    const far = await world.accepted();
    void stream.write([utf8('hello')]);
    expect(text(await readExactly(far.stream, 5))).toBe('hello');
    stream.destroy();
    await world.close();
  });

  it('ends at its deadline, not before, wherever the client stops', async () => {
    const { sent } = await recordHandshake({ maxVersion });
    for (const flights of [[], sent.slice(0, 1), sent.slice(0, -1), [Buffer.concat(sent).subarray(0, 3)]]) {
      const clock = new FakeClock();
      const world = tlsWorld({ certificates: good, maxVersion, clock, timeoutMs: 2_000 });
      const { stream } = await world.connectInClear();
      while (clock.pendingTimers === 0) await settle(1);
      for (const flight of flights) void stream.write([flight.slice()]);
      await settle();
      clock.advance(1_999);
      expect(clock.pendingTimers).toBe(1);
      clock.advance(1);
      expect(await world.failure()).toMatchObject({
        code: 'LML_ERR_TLS_TIMEOUT',
        message: expect.stringContaining('not done within 2000 ms'),
        cause: { code: 'LML_ERR_TIMEOUT', limit: 'timeoutMs', timeoutMs: 2_000 },
      });
      expect(clock.pendingTimers).toBe(0);
      await readAll(stream);
      stream.destroy();
      await world.close();
    }
  });

  it('ends at its deadline, wherever the server stops', async () => {
    const { received } = await recordHandshake({ maxVersion });
    for (const bytes of [new Uint8Array(0), Buffer.concat(received).subarray(0, 200)]) {
      const clock = new FakeClock();
      const [near, far] = memoryPipe();
      if (bytes.length > 0) void far.write([bytes]);
      const refused = expect(clientOn(near, { clock, timeoutMs: 2_000 })).rejects.toMatchObject({
        code: 'LML_ERR_TLS_TIMEOUT',
        domain: 'transport',
      });
      await settle();
      clock.advance(1_999);
      expect(clock.pendingTimers).toBe(1);
      clock.advance(1);
      await refused;
      expect(clock.pendingTimers).toBe(0);
      far.destroy();
    }
  });
});

describe('a handshake that is aborted', () => {
  it('rejects with the reason on the client, and closes all', async () => {
    const [near, far] = memoryPipe();
    const controller = new AbortController();
    const reason = new Error('enough');
    const refused = expect(clientOn(near, {}, controller.signal)).rejects.toBe(reason);
    await settle(2);
    controller.abort(reason);
    await refused;
    await readAll(far).catch(() => {});
    far.destroy();
  });

  it('rejects with the reason on the server, and closes all', async () => {
    const [near, far] = memoryPipe();
    const connection = createConnection(far);
    const reason = new Error('enough');
    const refused = expect(serverOn(connection)).rejects.toBe(reason);
    await settle(2);
    connection.scope.abort(reason);
    await refused;
    await readAll(near).catch(() => {});
    near.destroy();
  });
});

describe('in a session that stands', () => {
  it('renegotiation is refused', async () => {
    const [near, far] = memoryPipe();
    const serving = serverOn(createConnection(far), { maxVersion: 'TLSv1.2' }, async ({ stream }) => {
      await stream.read();
      stream.destroy();
    });
    const socket = connectByNode({ socket: duplexFromByteStream(near), ca: root.cert, servername: 'server.test' });
    await new Promise((resolve) => socket.once('secureConnect', resolve));
    const refused = new Promise<Error | null>((resolve) => {
      socket.on('error', resolve);
      socket.renegotiate({}, resolve);
    });
    expect(await refused).toMatchObject({ message: expect.stringMatching(/no.renegotiation/i) });
    socket.destroy();
    await serving.catch(() => {});
  });

  it.each<[string, Uint8Array, string]>([
    ['noise', utf8('GET / HTTP/1.1\r\n\r\n'), 'LML_ERR_TLS_PROTOCOL'],
    ['a record that nobody has signed', record(23, randomBytes(64), 0x0303), 'LML_ERR_TLS_PROTOCOL'],
    ['a record that is too long', record(23, new Uint8Array(20_000), 0x0303), 'LML_ERR_TLS_PROTOCOL'],
  ])('%s breaks it, with an error that says so', async (_what, bytes, code) => {
    const { inject, stream, close } = await tappedSession();
    inject(bytes);
    await expect(stream.read()).rejects.toMatchObject({
      code: 'LML_ERR_STREAM_FAILED',
      cause: { name: 'TlsSessionError', code },
    });
    expect((await stream.closed).reason).toBe('error');
    close();
  });
});

it.each(['TLSv1.2', 'TLSv1.3'] as const)(
  'noise right behind a %s handshake breaks it, with an error that says so',
  async (maxVersion) => {
    const [near, far] = memoryPipe();
    let flights = 0;
    const noisy: ByteStream = {
      ...forwarding(near),
      write(chunks) {
        // In one piece with the last flight: the session breaks in the same turn in which it is done.
        return near.write(flights++ === 0 ? chunks : [Buffer.concat([...chunks, record(23, randomBytes(64), 0x0303)])]);
      },
    };
    const client = clientOn(noisy).catch(() => undefined);
    const serving = serverOn(createConnection(far), { maxVersion });
    await expect(serving).rejects.toMatchObject({ name: 'TlsError', code: 'LML_ERR_TLS_PROTOCOL' });
    (await client)?.stream.destroy();
    near.destroy();
    far.destroy();
  },
);

it('noise from a client breaks the session of a server, with an error that says so', async () => {
  const { injectAtServer, serverStream, close } = await tappedSession();
  injectAtServer(utf8('GET / HTTP/1.1\r\n\r\n'));
  await expect(serverStream.read()).rejects.toMatchObject({
    code: 'LML_ERR_STREAM_FAILED',
    cause: { name: 'TlsSessionError', code: 'LML_ERR_TLS_PROTOCOL' },
  });
  await close();
});

it('a server with TLS 1.3 only is not talked into an older version', async () => {
  const world = tlsWorld({ certificates: good, minVersion: 'TLSv1.3' });
  await expect(world.connect({ roots: root.cert, maxVersion: 'TLSv1.2' })).rejects.toMatchObject({
    code: 'LML_ERR_TLS_VERSION',
    alert: 'protocol_version',
  });
  expect(await world.failure()).toMatchObject({ code: 'LML_ERR_TLS_VERSION' });
  await world.close();
});

it('an end that was not announced is a reset, unless the option takes it', async () => {
  for (const dangerouslyAcceptTruncation of [false, true]) {
    const { cut, stream, close } = await tappedSession({ dangerouslyAcceptTruncation });
    cut();
    if (dangerouslyAcceptTruncation) expect(await stream.read()).toBeUndefined();
    else {
      await expect(stream.read()).rejects.toMatchObject({
        code: 'LML_ERR_STREAM_RESET',
        cause: { code: 'LML_ERR_TLS_TRUNCATED', message: expect.stringContaining('bytes may be missing') },
      });
    }
    close();
  }
});

/** Connects a client to a server that does not exist: the test plays it. */
function clientOn(near: ByteStream, options: object = {}, signal?: AbortSignal): Promise<Connection> {
  const init = { target: parseAddress('server.test:443'), secure: true };
  const request = connectRequest(signal === undefined ? init : { ...init, signal });
  return tlsConnectLayer({ roots: root.cert, ...options })({ serve: async () => createConnection(near) }).serve(
    request,
  );
}

function serverOn(
  connection: Connection,
  options: Partial<TlsAcceptOptions> = {},
  serve: (connection: Connection) => Promise<void> = async () => {},
): Promise<void> {
  return tlsAcceptLayer({ certificates: good, ...options })({ serve }).serve(connection);
}

/** What both ends have sent in a good handshake, flight by flight. */
async function recordHandshake(
  options: Partial<TlsAcceptOptions>,
): Promise<{ sent: Uint8Array[]; received: Uint8Array[] }> {
  const [near, far] = memoryPipe();
  const [sent, received]: [Uint8Array[], Uint8Array[]] = [[], []];
  const recording: ByteStream = {
    ...forwarding(near),
    async read(readOptions) {
      const chunk = await near.read(readOptions);
      if (chunk !== undefined) received.push(chunk.slice());
      return chunk;
    },
    write(chunks) {
      sent.push(Buffer.concat(chunks));
      return near.write(chunks);
    },
  };
  const flights = Promise.withResolvers<{ sent: Uint8Array[]; received: Uint8Array[] }>();
  const serving = serverOn(createConnection(far), options, async ({ stream }) => stream.destroy());
  const { stream } = await clientOn(recording);
  await serving;
  flights.resolve({
    sent: [...sent],
    received: options.maxVersion === 'TLSv1.3' ? received.slice(0, 1) : [...received],
  });
  stream.destroy();
  return flights.promise;
}

/** A session of a client, and a hand on the bytes underneath that come from the server. */
async function tappedSession(options: object = {}) {
  const [near, far] = memoryPipe();
  const [between, outer] = memoryPipe();
  const served = Promise.withResolvers<void>();
  const accepted = Promise.withResolvers<ByteStream>();
  const serving = serverOn(createConnection(far), {}, (connection) => {
    accepted.resolve(connection.stream);
    return served.promise;
  });
  // Passes the handshake on, and then what the test says.
  const pump = (async () => {
    for (let chunk = await near.read(); chunk !== undefined; chunk = await near.read()) void between.write([chunk]);
  })().catch(() => {});
  const back = (async () => {
    for (let chunk = await between.read(); chunk !== undefined; chunk = await between.read()) void near.write([chunk]);
  })().catch(() => {});
  const { stream } = await clientOn(outer, options);
  await settle();
  return {
    stream,
    serverStream: await accepted.promise,
    injectAtServer: (bytes: Uint8Array) => void near.write([bytes]),
    inject: (bytes: Uint8Array) => void between.write([bytes]),
    cut: () => void between.closeWrite(),
    close() {
      stream.destroy();
      served.resolve();
      near.destroy();
      between.destroy();
      far.destroy();
      return Promise.all([serving, pump, back]);
    },
  };
}

/** A stream that takes some bytes, and ends then. */
function endingAfter(stream: ByteStream, byteCount: number): ByteStream {
  let left = byteCount;
  const end = (): void => void stream.closeWrite();
  if (left === 0) end();
  return {
    ...forwarding(stream),
    write(chunks) {
      if (left === 0) return undefined;
      const bytes = Buffer.concat(chunks).subarray(0, left);
      left -= bytes.length;
      void stream.write([bytes]);
      if (left === 0) end();
      return undefined;
    },
  };
}

function forwarding(stream: ByteStream): ByteStream {
  return {
    read: (options) => stream.read(options),
    unread: (chunk) => stream.unread(chunk),
    write: (chunks) => stream.write(chunks),
    closeWrite: () => stream.closeWrite(),
    destroy: (reason) => stream.destroy(reason),
    closed: stream.closed,
  };
}
