import { X509Certificate } from 'node:crypto';
import {
  AlpnSelected,
  ConnectTimings,
  connectRequest,
  createConnection,
  memoryPipe,
  parseAddress,
  ServerName,
  TlsSession,
} from '@lamella/net-core';
import { checkLedger } from '@lamella/net-core/testing';
import { FakeClock } from '@lamella/service-core/testing';
import type { ServerCertificate, TlsAcceptOptions, TlsConnectOptions, TlsError } from '@lamella/tls';
import { PeerCertificate, spkiPin, tlsAcceptLayer, tlsConnectLayer } from '@lamella/tls';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestAuthority, TestPair } from './support/test-certificates.ts';
import { selfSigned, testAuthority } from './support/test-certificates.ts';
import type { TlsWorld } from './support/tls-world.ts';
import { SERVER, tlsWorld } from './support/tls-world.ts';

checkLedger({ beforeEach, afterEach });

const DAY_MS = 86_400_000;
let root: TestAuthority;
let between: TestAuthority;
let good: TestPair;
beforeAll(async () => {
  root = await testAuthority();
  between = await root.intermediate();
  good = await between.issue(['server.test']);
});

describe('a client judges the certificate of the server', () => {
  it('takes one for the host, issued below a root, and knows what it says', async () => {
    await inWorld({ certificates: good }, async (world) => {
      const { extensions, stream } = await world.connect({ roots: root.cert });
      expect(extensions.get(PeerCertificate)).toMatchObject({
        subject: 'CN=server.test',
        issuer: 'CN=Test Intermediate',
        subjectAltNames: ['DNS:server.test'],
        pin: spkiPin(new X509Certificate(good.cert)),
        chain: [{ subject: 'CN=Test Intermediate' }],
        isAuthorized: true,
        refusal: undefined,
      });
      expect(JSON.parse(JSON.stringify(extensions.get(PeerCertificate)))).toEqual({
        subject: 'CN=server.test',
        issuer: 'CN=Test Intermediate',
        subjectAltNames: ['DNS:server.test'],
        serialNumber: good.serialNumber,
        validFromMs: expect.any(Number),
        validToMs: expect.any(Number),
        fingerprint256: new X509Certificate(good.cert).fingerprint256,
        isAuthorized: true,
      });
      expect(extensions.get(TlsSession)).toMatchObject({ version: 'TLSv1.3', isResumed: false });
      expect(extensions.get(ServerName)).toBe('server.test');
      expect(extensions.get(AlpnSelected)).toBeUndefined();
      expect(extensions.get(ConnectTimings)?.tlsMs).toBeGreaterThanOrEqual(0);
      stream.destroy();
    });
  });

  it.each<[string, () => Promise<ServerCertificate>, string, RegExp]>([
    [
      'one that has expired',
      () => between.issue(['server.test'], { notBefore: new Date(0), notAfter: new Date(Date.now() - DAY_MS) }),
      'LML_ERR_TLS_CERTIFICATE_EXPIRED',
      /has expired; renew it.*valid from/,
    ],
    [
      'one that is not valid yet',
      () => between.issue(['server.test'], { notBefore: new Date(Date.now() + DAY_MS) }),
      'LML_ERR_TLS_CERTIFICATE_NOT_YET_VALID',
      /not valid yet; check the clock/,
    ],
    [
      'one for another host',
      () => between.issue(['other.test', '*.server.test', '192.0.2.7']),
      'LML_ERR_TLS_WRONG_HOST',
      /not for server\.test, it has DNS:other\.test, DNS:\*\.server\.test, IP Address:192\.0\.2\.7; connect by one of/,
    ],
    [
      'one of an authority that is not known',
      async () => (await testAuthority('Other Root')).issue(['server.test']),
      'LML_ERR_TLS_UNKNOWN_CA',
      /issuer is not known here.*Other Root/,
    ],
    [
      'one without the intermediate above it',
      async () => ({ ...good, cert: `${good.cert.split('-----END CERTIFICATE-----')[0]}-----END CERTIFICATE-----\n` }),
      'LML_ERR_TLS_UNKNOWN_CA',
      /must send its intermediates/,
    ],
    [
      'one that has signed itself',
      () => selfSigned(['server.test']),
      'LML_ERR_TLS_SELF_SIGNED',
      /add it to roots, or pin/,
    ],
    [
      'one that is for clients only',
      () => between.issue(['server.test'], { usage: 'client' }),
      'LML_ERR_TLS_CERTIFICATE_INVALID',
      /made for another purpose/,
    ],
  ])('refuses %s', async (_what, issue, code, message) => {
    await inWorld({ certificates: await issue() }, async (world) => {
      const refused = world.connect({ roots: root.cert });
      await expect(refused).rejects.toMatchObject({
        name: 'TlsError',
        code,
        message: expect.stringMatching(message),
        phase: 'handshake',
        domain: 'application',
        facts: { peer: SERVER, retryable: false, layer: 'tls' },
      });
    });
  });

  it('refuses one that was revoked, as far as lists tell', async () => {
    const pair = await root.issue(['server.test']);
    const options = { roots: root.cert };
    await inWorld({ certificates: pair }, async (world) => {
      const revoked = { ...options, revocationLists: [await root.revoke(pair.serialNumber)] };
      await expect(world.connect(revoked)).rejects.toMatchObject({ code: 'LML_ERR_TLS_CERTIFICATE_REVOKED' });
      const others = { ...options, revocationLists: [await root.revoke('7')] };
      (await world.connect(others)).stream.destroy();
      const strange = { ...options, revocationLists: [await (await testAuthority('Other')).revoke('7')] };
      await expect(world.connect(strange)).rejects.toMatchObject({
        message: expect.stringMatching(/revocationLists has no/),
      });
    });
  });

  it('takes one that has signed itself, or an intermediate, if it is among the roots', async () => {
    const own = await selfSigned(['server.test']);
    await inWorld({ certificates: own }, async (world) => (await world.connect({ roots: own.cert })).stream.destroy());
    await inWorld({ certificates: good }, async (world) =>
      (await world.connect({ roots: [between.cert] })).stream.destroy(),
    );
  });

  it('does not know authorities of its own unless it is told to', async () => {
    await inWorld({ certificates: good }, async (world) => {
      for (const roots of ['default', 'bundled', 'system'] as const) {
        await expect(world.connect({ roots })).rejects.toMatchObject({ code: 'LML_ERR_TLS_UNKNOWN_CA' });
      }
      (await world.connect({ roots: ['bundled', root.cert] })).stream.destroy();
    });
  });

  it('takes any if it is told so, and still knows what is wrong', async () => {
    await inWorld({ certificates: await selfSigned(['other.test']) }, async (world) => {
      const { extensions, stream } = await world.connect({ dangerouslyAcceptAnyCertificate: true });
      expect(extensions.get(PeerCertificate)).toMatchObject({
        isAuthorized: false,
        refusal: 'LML_ERR_TLS_SELF_SIGNED',
      });
      stream.destroy();
    });
  });
});

describe('a client knows who the server has to be', () => {
  it('never believes the name that is only sent in the handshake', async () => {
    await inWorld({ certificates: await between.issue(['fronted.test']) }, async (world) => {
      const fronted = world.connect({ roots: root.cert }, { serverName: 'fronted.test' });
      await expect(fronted).rejects.toMatchObject({ code: 'LML_ERR_TLS_WRONG_HOST', names: ['DNS:fronted.test'] });
    });
  });

  it('sends the name of the request, and wants the host of the target', async () => {
    await inWorld({ certificates: good }, async (world) => {
      const { stream } = await world.connect({ roots: root.cert }, { serverName: 'front.test' });
      const { extensions } = await world.accepted();
      expect(extensions.get(ServerName)).toBe('front.test');
      stream.destroy();
    });
  });

  it('wants who the option says', async () => {
    await inWorld({ certificates: await between.issue(['inside.test']) }, async (world) => {
      const options: TlsConnectOptions = { roots: root.cert, identity: () => 'inside.test' };
      (await world.connect(options)).stream.destroy();
      const nobody = world.connect({ ...options, identity: () => 'a b' });
      await expect(nobody).rejects.toMatchObject({ code: 'LML_ERR_USAGE' });
    });
  });

  it('sends no name if it shall not', async () => {
    await inWorld({ certificates: good }, async (world) => {
      const { stream, extensions } = await world.connect({ roots: root.cert, sendServerName: false });
      expect(extensions.get(ServerName)).toBeUndefined();
      expect((await world.accepted()).extensions.get(ServerName)).toBeUndefined();
      stream.destroy();
    });
  });

  it('takes a good certificate for another name if it is told so, but no bad one', async () => {
    const options: TlsConnectOptions = { roots: root.cert, dangerouslySkipNameCheck: true };
    await inWorld({ certificates: await between.issue(['other.test']) }, async (world) => {
      (await world.connect(options)).stream.destroy();
      await expect(world.connect({ ...options, roots: 'bundled' })).rejects.toMatchObject({
        code: 'LML_ERR_TLS_UNKNOWN_CA',
      });
    });
  });

  it.each([
    ['[2001:db8::1]:443', '2001:db8:0:0::1', undefined],
    ['192.0.2.7:443', '192.0.2.7', undefined],
    ['192.0.2.8:443', '192.0.2.7', 'LML_ERR_TLS_WRONG_HOST'],
    ['a.wild.test:443', '*.wild.test', undefined],
    ['wild.test:443', '*.wild.test', 'LML_ERR_TLS_WRONG_HOST'],
    ['b.a.wild.test:443', '*.wild.test', 'LML_ERR_TLS_WRONG_HOST'],
    ['A.wild.test.:443', 'a.wild.test', undefined],
  ])('%s is who has a certificate for %s: %s', async (target, name, code) => {
    const [near, far] = memoryPipe();
    const serving = tlsAcceptLayer({ certificates: await root.issue([name]) })({
      serve: async ({ stream }) => stream.destroy(),
    }).serve(createConnection(far));
    const client = tlsConnectLayer({ roots: root.cert })({ serve: async () => createConnection(near) });
    const outcome = client.serve(connectRequest({ target: parseAddress(target), secure: true })).then(
      ({ stream }) => stream.destroy(),
      (error: TlsError) => error.code,
    );
    expect(await outcome).toBe(code);
    await serving.catch(() => {});
  });

  it('asks who that is before it connects, where the target has no host', async () => {
    let dialled = 0;
    const layer = tlsConnectLayer({ roots: root.cert })({
      async serve() {
        dialled++;
        throw new Error('not to be called');
      },
    });
    const request = connectRequest({ target: { type: 'unix', path: '/run/x' }, secure: true });
    await expect(layer.serve(request)).rejects.toMatchObject({ code: 'LML_ERR_USAGE', message: /serverName/ });
    expect(dialled).toBe(0);
  });
});

describe('pins of keys', () => {
  const pinOf = ({ cert }: { readonly cert: string }): string => spkiPin(new X509Certificate(cert));
  const WRONG = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=';

  it('let in the key of the certificate, or of an issuer, of a good chain', async () => {
    await inWorld({ certificates: good }, async (world) => {
      for (const pin of [pinOf(good), pinOf(between), pinOf(root), `sha256//${pinOf(good)}`]) {
        (await world.connect({ roots: root.cert, pins: [WRONG, pin] })).stream.destroy();
      }
    });
  });

  it('of issuers let nobody in where the key of the certificate itself is asked for', async () => {
    await inWorld({ certificates: good }, async (world) => {
      const options: TlsConnectOptions = { roots: root.cert, pinScope: 'leaf' };
      (await world.connect({ ...options, pins: [pinOf(good)] })).stream.destroy();
      for (const pin of [pinOf(between), pinOf(root)]) {
        await expect(world.connect({ ...options, pins: [pin] })).rejects.toMatchObject({
          code: 'LML_ERR_TLS_PIN_MISMATCH',
          message: expect.stringContaining('the key of the certificate is not pinned'),
        });
      }
    });
  });

  it('keep others out, and say what was shown', async () => {
    await inWorld({ certificates: good }, async (world) => {
      await expect(world.connect({ roots: root.cert, pins: [WRONG] })).rejects.toMatchObject({
        code: 'LML_ERR_TLS_PIN_MISMATCH',
        message: expect.stringContaining(pinOf(good)),
      });
    });
  });

  it('do not make a bad chain a good one, unless there are no roots', async () => {
    const own = await selfSigned(['server.test']);
    const options: TlsConnectOptions = { pins: [pinOf(own)] };
    await inWorld({ certificates: own }, async (world) => {
      await expect(world.connect(options)).rejects.toMatchObject({ code: 'LML_ERR_TLS_SELF_SIGNED' });
      (await world.connect({ ...options, roots: [] })).stream.destroy();
      await expect(world.connect({ pins: [WRONG], roots: [] })).rejects.toMatchObject({
        code: 'LML_ERR_TLS_PIN_MISMATCH',
      });
    });
  });

  it('without roots mean the certificate itself, its name and its dates', async () => {
    await inWorld({ certificates: good }, async (world) => {
      const options: TlsConnectOptions = { roots: [], pins: [pinOf(between)] };
      await expect(world.connect(options)).rejects.toMatchObject({ code: 'LML_ERR_TLS_PIN_MISMATCH' });
    });
    const other = await selfSigned(['other.test']);
    await inWorld({ certificates: other }, async (world) => {
      const options: TlsConnectOptions = { roots: [], pins: [pinOf(other)] };
      await expect(world.connect(options)).rejects.toMatchObject({ code: 'LML_ERR_TLS_WRONG_HOST' });
    });
    const own = await selfSigned(['server.test']);
    await inWorld({ certificates: own }, async (world) => {
      for (const [days, code] of [
        [-2, 'LML_ERR_TLS_CERTIFICATE_NOT_YET_VALID'],
        [31, 'LML_ERR_TLS_CERTIFICATE_EXPIRED'],
      ] as const) {
        const clock = new FakeClock({ epochMs: Date.now() + days * DAY_MS });
        await expect(world.connect({ roots: [], pins: [pinOf(own)], clock })).rejects.toMatchObject({ code });
      }
    });
  });
});

it.each<[string, TlsConnectOptions, string]>([
  ['a version that is not spoken', { minVersion: 'TLSv1.1' as never }, 'LML_ERR_USAGE'],
  ['versions the wrong way round', { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' }, 'LML_ERR_USAGE'],
  ['no time at all', { timeoutMs: 0 }, 'LML_ERR_USAGE'],
  ['no cipher', { ciphers: [] }, 'LML_ERR_USAGE'],
  ['a cipher that nobody knows', { ciphers: ['NO-SUCH-CIPHER'] }, 'LML_ERR_USAGE'],
  ['a group that nobody knows', { groups: ['no-such-group'] }, 'LML_ERR_USAGE'],
  ['a signature that nobody knows', { signatureAlgorithms: ['no-such-signature'] }, 'LML_ERR_USAGE'],
  ['an empty protocol', { alpn: [''] }, 'LML_ERR_USAGE'],
  ['a protocol of 256 bytes', { alpn: ['x'.repeat(256)] }, 'LML_ERR_USAGE'],
  ['a pin that is none', { pins: ['short'] }, 'LML_ERR_USAGE'],
  ['no pin', { pins: [] }, 'LML_ERR_USAGE'],
  ['another scope of pins', { pinScope: 'root' as 'leaf' }, 'LML_ERR_USAGE'], // wrong on purpose
  ['nobody to trust', { roots: [] }, 'LML_ERR_USAGE'],
  ['half a session', { maxSessions: 0.5 }, 'LML_ERR_USAGE'],
  ['a root that is none', { roots: 'no certificate' }, 'LML_ERR_TLS_MATERIAL'],
  ['a key that is none', { clientCertificate: { cert: 'x', key: 'y' } }, 'LML_ERR_TLS_MATERIAL'],
])('tlsConnectLayer refuses %s at once', (_what, options, code) => {
  expect(() => tlsConnectLayer(options)).toThrow(expect.objectContaining({ code }));
});

/** Runs a test against a server. */
async function inWorld(options: TlsAcceptOptions, body: (world: TlsWorld) => Promise<void>): Promise<void> {
  const world = tlsWorld(options);
  try {
    await body(world);
  } finally {
    await world.close();
  }
}
