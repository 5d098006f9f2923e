import { connect as connectByNode } from 'node:tls';
import {
  AlpnSelected,
  createConnection,
  duplexFromByteStream,
  memoryPipe,
  ServerName,
  TlsSession,
} from '@lamella/net-core';
import { checkLedger, text, utf8 } from '@lamella/net-core/testing';
import { serviceFn } from '@lamella/service-core';
import { FakeClock, settle } from '@lamella/service-core/testing';
import type { CertificateSource, ServerCertificate, TlsAcceptOptions } from '@lamella/tls';
import { certificateStore, OcspResponse, PeerCertificate, tlsAcceptLayer, type tlsConnectLayer } from '@lamella/tls';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestAuthority, TestPair } from './support/test-certificates.ts';
import { testAuthority } from './support/test-certificates.ts';
import type { TlsWorld } from './support/tls-world.ts';
import { tlsWorld } from './support/tls-world.ts';

checkLedger({ beforeEach, afterEach });

let root: TestAuthority;
let good: TestPair;
beforeAll(async () => {
  root = await testAuthority();
  good = await root.issue(['server.test']);
});

describe('a server chooses its certificate by the name that the client asks for', () => {
  let certificates: readonly ServerCertificate[];
  beforeAll(async () => {
    certificates = await Promise.all([
      root.issue(['first.test'], { commonName: 'first' }),
      root.issue(['*.many.test', 'many.test'], { commonName: 'many' }),
      root.issue(['one.many.test'], { commonName: 'one' }),
      root.issue(['unused.test'], { commonName: 'named' }).then((pair) => ({ ...pair, names: ['given.test'] })),
    ]);
  });

  it.each([
    ['first.test', 'first'],
    ['one.many.test', 'one'],
    ['two.many.test', 'many'],
    ['many.test', 'many'],
    ['deep.two.many.test', 'first'],
    ['GIVEN.test', 'named'],
    ['unused.test', 'first'],
    ['unknown.test', 'first'],
  ])('%s gets that of %s', async (name, commonName) => {
    await inWorld({ certificates }, async (world) => {
      expect(await commonNameFor(world, name)).toBe(commonName);
      const { extensions } = await world.accepted();
      expect(extensions.get(ServerName)).toBe(name.toLowerCase());
    });
  });

  it('no name gets the first one', async () => {
    await inWorld({ certificates }, async (world) => expect(await commonNameFor(world, undefined)).toBe('first'));
  });

  it('an unknown name gets none if there is no fallback, and both sides say why', async () => {
    const store = certificateStore(certificates, { fallback: 'none' });
    await inWorld({ certificates: store }, async (world) => {
      expect(await commonNameFor(world, 'one.many.test')).toBe('one');
      await expect(commonNameFor(world, 'unknown.test')).rejects.toMatchObject({ code: 'LML_ERR_TLS_ALERT' });
      expect(await world.failure()).toMatchObject({
        code: 'LML_ERR_TLS_UNKNOWN_NAME',
        message: expect.stringContaining('there is no certificate for "unknown.test"'),
      });
      await expect(commonNameFor(world, undefined)).rejects.toMatchObject({ alert: 'handshake_failure' });
      expect(await world.failure()).toMatchObject({ code: 'LML_ERR_TLS_UNKNOWN_NAME' });
    });
  });

  it('shows others once they are replaced, and keeps those that are there if the new ones are no good', async () => {
    const store = certificateStore(certificates);
    await inWorld({ certificates: store }, async (world) => {
      expect(await commonNameFor(world, 'first.test')).toBe('first');
      expect(() => store.replace([{ ...good, key: (certificates[0]?.key ?? '') as string }])).toThrow(
        expect.objectContaining({ code: 'LML_ERR_TLS_MATERIAL' }),
      );
      expect(() => store.replace([])).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE' }));
      expect(await commonNameFor(world, 'first.test')).toBe('first');
      store.replace([await root.issue(['first.test'], { commonName: 'next' })]);
      expect(await commonNameFor(world, 'first.test')).toBe('next');
    });
  });

  it('asks a source that takes its time', async () => {
    const source: CertificateSource = {
      certificateFor: async (name) => {
        await settle(1);
        return name === undefined ? undefined : { ...good, ocspResponse: utf8(name) };
      },
    };
    await inWorld({ certificates: source }, async (world) => {
      expect(await commonNameFor(world, 'server.test')).toBe('server.test');
    });
  });

  it('asks a source in lower case, whatever the client writes', async () => {
    const asked: (string | undefined)[] = [];
    const source: CertificateSource = {
      certificateFor: (name) => {
        asked.push(name);
        return good;
      },
    };
    const [near, far] = memoryPipe();
    const names = Promise.withResolvers<string | undefined>();
    const serving = tlsAcceptLayer({ certificates: source })({
      async serve({ extensions, stream }) {
        names.resolve(extensions.get(ServerName));
        stream.destroy();
      },
    }).serve(createConnection(far));
    const socket = connectByNode({ socket: duplexFromByteStream(near), ca: root.cert, servername: 'Server.TEST' });
    socket.on('error', () => {});
    expect(await names.promise).toBe('server.test');
    expect(asked).toEqual([undefined, 'server.test']);
    await serving;
    socket.destroy();
  });

  it('refuses a client if the source fails, and serves the next one', async () => {
    let calls = 0;
    const source: CertificateSource = {
      certificateFor: (name) => {
        if (name !== undefined && ++calls === 1) throw new Error('no database');
        return good;
      },
    };
    await inWorld({ certificates: source }, async (world) => {
      await expect(commonNameFor(world, 'server.test')).rejects.toMatchObject({ code: 'LML_ERR_TLS_CLOSED' });
      expect(await world.failure()).toMatchObject({
        code: 'LML_ERR_TLS_FAILED',
        cause: expect.objectContaining({ message: 'no database' }),
      });
      expect(await commonNameFor(world, 'server.test')).toBe('server.test');
    });
  });

  it('waits for no source for ever', async () => {
    const clock = new FakeClock();
    const source: CertificateSource = { certificateFor: () => new Promise(() => {}) };
    await inWorld({ certificates: source, clock, timeoutMs: 3_000 }, async (world) => {
      const refused = expect(commonNameFor(world, 'server.test')).rejects.toMatchObject({ code: 'LML_ERR_TLS_CLOSED' });
      while (clock.pendingTimers === 0) await settle(1);
      clock.advance(2_999);
      expect(clock.pendingTimers).toBe(1);
      clock.advance(1);
      expect(await world.failure()).toMatchObject({ code: 'LML_ERR_TLS_TIMEOUT' });
      await refused;
    });
  });
});

describe('protocols are agreed on by ALPN', () => {
  it('the server prefers, both know', async () => {
    await inWorld({ certificates: good, alpn: ['h2', 'http/1.1'] }, async (world) => {
      const { extensions, stream } = await world.connect({ roots: root.cert, alpn: ['http/1.1', 'h2'] });
      expect(extensions.get(AlpnSelected)).toBe('h2');
      expect((await world.accepted()).extensions.get(AlpnSelected)).toBe('h2');
      stream.destroy();
    });
  });

  it('what a request offers goes before the option', async () => {
    await inWorld({ certificates: good, alpn: ['h2', 'http/1.1'] }, async (world) => {
      const options = { roots: root.cert, alpn: ['h2'] };
      const { extensions, stream } = await world.connect(options, { alpnOffer: ['http/1.1'] });
      expect(extensions.get(AlpnSelected)).toBe('http/1.1');
      stream.destroy();
    });
  });

  it('nothing in common ends in the alert for it', async () => {
    await inWorld({ certificates: good, alpn: ['h2'] }, async (world) => {
      await expect(world.connect({ roots: root.cert, alpn: ['http/1.1'] })).rejects.toMatchObject({
        code: 'LML_ERR_TLS_NO_ALPN_OVERLAP',
        alert: 'no_application_protocol',
        facts: { protocolCode: 'no_application_protocol' },
      });
      expect(await world.failure()).toMatchObject({ code: 'LML_ERR_TLS_NO_ALPN_OVERLAP', alert: undefined });
      (await world.connect({ roots: root.cert })).stream.destroy(); // who offers nothing is served
    });
  });

  it('a server without it chooses none, which clients may refuse', async () => {
    await inWorld({ certificates: good }, async (world) => {
      const options = { roots: root.cert, alpn: ['h2'] };
      const { extensions, stream } = await world.connect(options);
      expect(extensions.get(AlpnSelected)).toBeUndefined();
      stream.destroy();
      await expect(world.connect({ ...options, requireAlpn: true })).rejects.toMatchObject({
        code: 'LML_ERR_TLS_NO_ALPN_OVERLAP',
        message: expect.stringContaining('none of the protocols h2'),
      });
    });
  });
});

describe('versions, ciphers, groups and signatures', () => {
  it('are chosen on both sides', async () => {
    await inWorld(
      { certificates: good, maxVersion: 'TLSv1.2', ciphers: ['ECDHE-ECDSA-AES256-GCM-SHA384'] },
      async (world) => {
        const { extensions, stream } = await world.connect({ roots: root.cert, groups: ['X25519', 'P-256'] });
        const facts = { version: 'TLSv1.2', cipher: 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', isResumed: false };
        expect(extensions.get(TlsSession)).toEqual(facts);
        expect((await world.accepted()).extensions.get(TlsSession)).toEqual(facts);
        stream.destroy();
      },
    );
  });

  it.each<[string, TlsAcceptOptions, Parameters<typeof tlsConnectLayer>[0], string, string]>([
    ['versions', {} as never, { maxVersion: 'TLSv1.2' }, 'LML_ERR_TLS_VERSION', 'LML_ERR_TLS_VERSION'],
    [
      'ciphers',
      { maxVersion: 'TLSv1.2', ciphers: ['ECDHE-ECDSA-AES256-GCM-SHA384'] } as never,
      { ciphers: ['ECDHE-ECDSA-AES128-GCM-SHA256'], maxVersion: 'TLSv1.2' },
      'LML_ERR_TLS_ALERT',
      'LML_ERR_TLS_NO_OVERLAP',
    ],
    ['groups', { groups: ['P-384'] } as never, { groups: ['P-256'] }, 'LML_ERR_TLS_ALERT', 'LML_ERR_TLS_NO_OVERLAP'],
    [
      'signatures',
      { signatureAlgorithms: ['ecdsa_secp256r1_sha256'] } as never,
      { signatureAlgorithms: ['rsa_pss_rsae_sha256'] },
      'LML_ERR_TLS_ALERT',
      'LML_ERR_TLS_NO_OVERLAP',
    ],
  ])('no %s in common ends in an error on both sides that says so', async (what, accept, connect, client, server) => {
    const minVersion = what === 'versions' ? 'TLSv1.3' : 'TLSv1.2';
    await inWorld({ ...accept, minVersion, certificates: good }, async (world) => {
      await expect(world.connect({ roots: root.cert, ...connect })).rejects.toMatchObject({ code: client });
      expect(await world.failure()).toMatchObject({ code: server });
      (await world.connect({ roots: root.cert, groups: ['P-384', 'P-256'] })).stream.destroy();
    });
  });
});

describe('OCSP responses are stapled', () => {
  it.each<[string, ServerCertificate['ocspResponse']]>([
    ['as bytes', utf8('response')],
    ['as a function gives them', async () => utf8('response')],
  ])('%s, for who asks', async (_what, ocspResponse) => {
    const stapled = { ...good, ...(ocspResponse === undefined ? {} : { ocspResponse }) };
    for (const sendServerName of [true, false]) {
      await inWorld({ certificates: stapled }, async (world) => {
        const { extensions, stream } = await world.connect({ roots: root.cert, requestOcsp: true, sendServerName });
        expect(text(extensions.get(OcspResponse) ?? utf8(''))).toBe('response');
        stream.destroy();
        const plain = await world.connect({ roots: root.cert });
        expect(plain.extensions.get(OcspResponse)).toBeUndefined();
        plain.stream.destroy();
      });
    }
  });

  it('none is no reason to fail', async () => {
    const failing = async (): Promise<Uint8Array> => {
      throw new Error('the responder is down');
    };
    for (const certificate of [good, { ...good, ocspResponse: failing }]) {
      await inWorld({ certificates: certificate }, async (world) => {
        const { extensions, stream } = await world.connect({ roots: root.cert, requestOcsp: true });
        expect(extensions.get(OcspResponse)).toBeUndefined();
        stream.destroy();
      });
    }
  });
});

it('secrets go to the key logs of both sides, line by line', async () => {
  const lines = { client: [] as string[], server: [] as string[] };
  await inWorld({ certificates: good, keyLog: (line) => lines.server.push(line) }, async (world) => {
    const { stream } = await world.connect({ roots: root.cert, keyLog: (line) => lines.client.push(line) });
    await world.accepted();
    expect(lines.client.length).toBeGreaterThanOrEqual(4);
    for (const line of lines.client) expect(line).toMatch(/^[A-Z_0-9]+ [0-9a-f]{64} [0-9a-f]+$/);
    expect(lines.server.toSorted()).toEqual(lines.client.toSorted());
    stream.destroy();
  });
});

describe('handshakes are bounded', () => {
  it('some at a time, others wait, and more are closed', async () => {
    const clock = new FakeClock();
    const limits = { maxConcurrentHandshakes: 1, maxWaitingHandshakes: 1, timeoutMs: 5_000, clock };
    await inWorld({ certificates: good, ...limits }, async (world) => {
      const silent = await world.connectInClear();
      while (clock.pendingTimers < 1) await settle(1);
      const waiting = world.connect({ roots: root.cert });
      while (clock.pendingTimers < 2) await settle(1);
      await expect(world.connect({ roots: root.cert })).rejects.toMatchObject({ code: 'LML_ERR_TLS_CLOSED' });
      expect(await world.failure()).toMatchObject({ limit: 'maxWaitingHandshakes', maximum: 1, observed: 2 });
      silent.stream.destroy();
      (await waiting).stream.destroy();
    });
  });

  it('nobody waits longer than the deadline, and who waits for us is not let go before it', async () => {
    const clock = new FakeClock();
    let isStuck = true;
    const certificates: CertificateSource = { certificateFor: () => (isStuck ? new Promise(() => {}) : good) };
    const limits = { maxConcurrentHandshakes: 1, timeoutMs: 5_000, clock };
    await inWorld({ certificates, ...limits }, async (world) => {
      const first = await world.connectInClear();
      while (clock.pendingTimers < 1) await settle(1);
      const refused = expect(world.connect({ roots: root.cert })).rejects.toMatchObject({ code: 'LML_ERR_TLS_CLOSED' });
      while (clock.pendingTimers < 3) await settle(1); // the third one looks whether somebody has to go
      clock.advance(4_999);
      expect(clock.pendingTimers).toBe(3);
      clock.advance(1);
      expect([await world.failure(), await world.failure()]).toMatchObject([
        { code: 'LML_ERR_TIMEOUT', limit: 'timeoutMs', timeoutMs: 5_000 },
        { code: 'LML_ERR_TLS_TIMEOUT', cause: { limit: 'timeoutMs' } },
      ]);
      await refused;
      first.stream.destroy();
      isStuck = false;
      (await world.connect({ roots: root.cert })).stream.destroy();
      while (clock.pendingTimers > 0) await settle(1); // the server hears of it a bit later
    });
  });

  it.each([
    ['nothing', false],
    ['a ClientHello and no more', true],
  ])('a client that sends %s keeps others out for a tenth of the time', async (_what, saysHello) => {
    const clock = new FakeClock();
    const limits = { maxConcurrentHandshakes: 1, timeoutMs: 5_000, clock };
    await inWorld({ certificates: good, ...limits }, async (world) => {
      const silent = await world.connectInClear();
      if (saysHello) {
        await silent.stream.write([await firstBytesOfClient()]);
        expect((await silent.stream.read())?.[0]).toBe(0x16); // the server has answered, and waits
      }
      while (clock.pendingTimers < 1) await settle(1);
      const waiting = world.connect({ roots: root.cert });
      while (clock.pendingTimers < 3) await settle(1);
      clock.advance(499);
      await settle(20);
      expect(clock.pendingTimers).toBe(3);
      clock.advance(1);
      expect(await world.failure()).toMatchObject({
        code: 'LML_ERR_TLS_TIMEOUT',
        message: expect.stringContaining('not done within 500 ms, while others had to wait'),
        cause: { limit: 'maxConcurrentHandshakes', timeoutMs: 500 },
      });
      (await waiting).stream.destroy();
      silent.stream.destroy();
      while (clock.pendingTimers > 0) await settle(1); // the server hears of it a bit later
    });
  });
});

it('a client that leaves without a word, as health checks do, is nothing to complain about', async () => {
  const failures: unknown[] = [];
  const accepted: unknown[] = [];
  const layer = tlsAcceptLayer({ certificates: good })(serviceFn(async (input) => void accepted.push(input)));
  for (const leave of ['closeWrite', 'destroy'] as const) {
    const [near, far] = memoryPipe();
    const serving = layer.serve(createConnection(far)).catch((error) => failures.push(error));
    await near[leave]();
    await serving;
    near.destroy();
  }
  expect([failures, accepted]).toEqual([[], []]);
});

it.each<[string, Partial<TlsAcceptOptions>, string]>([
  ['no certificate', { certificates: [] }, 'LML_ERR_USAGE'],
  ['certificates that are none', { certificates: undefined as never }, 'LML_ERR_USAGE'],
  ['a key that is none', { certificates: { cert: 'x', key: 'y' } }, 'LML_ERR_TLS_MATERIAL'],
  ['no handshake at a time', { maxConcurrentHandshakes: 0 }, 'LML_ERR_USAGE'],
  ['less than nobody who waits', { maxWaitingHandshakes: -1 }, 'LML_ERR_USAGE'],
  ['a protocol that is too long', { alpn: ['x'.repeat(256)] }, 'LML_ERR_USAGE'],
  ['clients that nobody vouches for', { clientAuth: { mode: 'require', roots: [] } }, 'LML_ERR_USAGE'],
  ['another mode', { clientAuth: { mode: 'ask' as never, roots: 'default' } }, 'LML_ERR_USAGE'],
])('tlsAcceptLayer refuses %s at once', (_what, options, code) => {
  expect(() => tlsAcceptLayer({ certificates: good, ...options })).toThrow(expect.objectContaining({ code }));
});

/** What a client says first. */
async function firstBytesOfClient(): Promise<Uint8Array> {
  const [near, far] = memoryPipe();
  const socket = connectByNode({ socket: duplexFromByteStream(near), servername: 'server.test' });
  socket.on('error', () => {});
  const bytes = await far.read();
  if (bytes === undefined) throw new Error('a client of TLS speaks first');
  socket.destroy();
  far.destroy();
  return bytes.slice();
}

/** Name in the certificate that a client gets who asks for a name. */
async function commonNameFor(world: TlsWorld, serverName: string | undefined): Promise<string | undefined> {
  const { extensions, stream } = await world.connect(
    { roots: root.cert, dangerouslySkipNameCheck: true, sendServerName: serverName !== undefined },
    serverName === undefined ? {} : { serverName },
  );
  stream.destroy();
  return extensions.get(PeerCertificate)?.subject.replace('CN=', '');
}

/** Runs a test against a server. */
async function inWorld(options: TlsAcceptOptions, body: (world: TlsWorld) => Promise<void>): Promise<void> {
  const world = tlsWorld(options);
  try {
    await body(world);
  } finally {
    await world.close();
  }
}
