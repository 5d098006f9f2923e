import { connectRequest, createConnection, memoryPipe, parseAddress, TlsSession } from '@lamella/net-core';
import { checkLedger, readExactly, text, utf8 } from '@lamella/net-core/testing';
import { FakeClock } from '@lamella/service-core/testing';
import type { ClientAuthOptions, TlsAcceptOptions, TlsConnectOptions } from '@lamella/tls';
import { PeerCertificate, tlsAcceptLayer, tlsConnectLayer } from '@lamella/tls';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { IssueOptions, TestAuthority, TestPair } from './support/test-certificates.ts';
import { selfSigned, testAuthority } from './support/test-certificates.ts';
import type { TlsWorld } from './support/tls-world.ts';
import { tlsWorld } from './support/tls-world.ts';

checkLedger({ beforeEach, afterEach });

const DAY_MS = 86_400_000;
let root: TestAuthority;
let people: TestAuthority;
let server: TestPair;
let ann: TestPair;
beforeAll(async () => {
  [root, people] = [await testAuthority(), await testAuthority('People')];
  server = await root.issue(['server.test']);
  ann = await people.issue([], { usage: 'client', commonName: 'ann' });
});

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('%s: a server that requires a certificate', (version) => {
  const versions = { minVersion: version, maxVersion: version };

  it('knows who has come, also in a session that goes on', async () => {
    await inWorld({ mode: 'require', roots: people.cert }, versions, async (world) => {
      const layer = tlsConnectLayer({ roots: root.cert, clientCertificate: ann });
      for (const isResumed of [false, true]) {
        const near = await world.connectBy(layer);
        const far = await world.accepted();
        expect(far.extensions.get(TlsSession)?.isResumed).toBe(isResumed);
        expect(far.extensions.get(PeerCertificate)).toMatchObject({
          subject: 'CN=ann',
          issuer: 'CN=People',
          isAuthorized: true,
          refusal: undefined,
        });
        void far.stream.write([utf8('hi')]); // after the tickets
        expect(text(await readExactly(near.stream, 2))).toBe('hi');
        near.stream.destroy();
        far.stream.destroy();
      }
    });
  });

  it('refuses who goes on with a session when the certificate has expired', async () => {
    const nowMs = Date.now();
    const clock = new FakeClock({ epochMs: nowMs });
    const brief = await issue({ usage: 'client', notAfter: new Date(nowMs + 3_600_000) });
    await inWorld({ mode: 'require', roots: people.cert }, { ...versions, clock }, async (world) => {
      const layer = tlsConnectLayer({ roots: root.cert, clientCertificate: brief });
      const connectOnce = async (): Promise<unknown> => {
        const near = await world.connectBy(layer);
        const far = await world.accepted();
        void far.stream.write([utf8('hi')]);
        await readExactly(near.stream, 2);
        near.stream.destroy();
        far.stream.destroy();
        return far.extensions.get(TlsSession)?.isResumed;
      };
      expect(await connectOnce()).toBe(false);
      clock.advance(3_500_000);
      expect(await connectOnce()).toBe(true);
      clock.advance(100_001);
      const refused = connectOnce().catch((error: unknown) => error);
      expect(await world.failure()).toMatchObject({ code: EXPIRED });
      await Promise.race([refused, world.close()]);
    });
  });

  it('refuses who shows none, and tells them why', async () => {
    await inWorld({ mode: 'require', roots: people.cert }, versions, async (world) => {
      const refused = outcome(world, { roots: root.cert });
      expect(await world.failure()).toMatchObject({
        code: 'LML_ERR_TLS_NO_CERTIFICATE',
        message: expect.stringContaining('the client has shown no certificate, and one is required'),
        domain: 'application',
      });
      // In TLS 1.3 the client is done by then, and hears of it when it reads.
      const told = version === 'TLSv1.2' ? await refused : (await refused).cause;
      const alert = version === 'TLSv1.2' ? 'handshake_failure' : 'certificate_required';
      expect(told).toMatchObject({ code: 'LML_ERR_TLS_ALERT', alert });
      (await world.connect({ roots: root.cert, clientCertificate: ann })).stream.destroy();
    });
  });

  it.each<[string, () => Promise<TestPair>, string]>([
    ['of a stranger', async () => (await testAuthority('Strangers')).issue([]), 'LML_ERR_TLS_UNKNOWN_CA'],
    ['that has signed itself', () => selfSigned([]), 'LML_ERR_TLS_SELF_SIGNED'],
    ['that has expired', () => issue({ notBefore: new Date(0), notAfter: new Date(Date.now() - DAY_MS) }), EXPIRED],
    ['that is not valid yet', () => issue({ notBefore: new Date(Date.now() + DAY_MS) }), EARLY],
    ['for servers only', () => issue({ usage: 'server' }), 'LML_ERR_TLS_CERTIFICATE_INVALID'],
  ])('refuses one %s', async (_what, make, code) => {
    await inWorld({ mode: 'require', roots: people.cert }, versions, async (world) => {
      const refused = outcome(world, { roots: root.cert, clientCertificate: await make() });
      expect(await world.failure()).toMatchObject({
        code,
        message: expect.stringContaining('the client is refused: '),
      });
      await refused;
      (await world.connect({ roots: root.cert, clientCertificate: ann })).stream.destroy();
    });
  });

  it('refuses one that was revoked, as far as lists tell', async () => {
    const revocationLists = [await people.revoke(ann.serialNumber)];
    await inWorld({ mode: 'require', roots: people.cert, revocationLists }, versions, async (world) => {
      const refused = outcome(world, { roots: root.cert, clientCertificate: ann });
      expect(await world.failure()).toMatchObject({ code: 'LML_ERR_TLS_CERTIFICATE_REVOKED' });
      await refused;
      const bob = await people.issue([], { commonName: 'bob' });
      (await world.connect({ roots: root.cert, clientCertificate: bob })).stream.destroy();
    });
  });
});

it('a server that requests one serves everybody, and knows whom to believe', async () => {
  await inWorld({ mode: 'request', roots: people.cert }, {}, async (world) => {
    const seen: unknown[] = [];
    for (const pair of [undefined, ann, await selfSigned([])]) {
      const options: TlsConnectOptions = {
        roots: root.cert,
        ...(pair === undefined ? {} : { clientCertificate: pair }),
      };
      const { stream } = await world.connect(options);
      const facts = (await world.accepted()).extensions.get(PeerCertificate);
      seen.push(facts === undefined ? undefined : [facts.subject, facts.isAuthorized, facts.refusal]);
      stream.destroy();
    }
    expect(seen).toEqual([undefined, ['CN=ann', true, undefined], ['CN=self', false, 'LML_ERR_TLS_SELF_SIGNED']]);
  });
});

it('a server that does not ask is shown nothing', async () => {
  const world = tlsWorld({ certificates: server });
  const { stream } = await world.connect({ roots: root.cert, clientCertificate: ann });
  expect((await world.accepted()).extensions.get(PeerCertificate)).toBeUndefined();
  stream.destroy();
  await world.close();
});

it('a client shows each destination the certificate that is for it', async () => {
  const [byHost, wildcard, other] = await Promise.all(
    ['by-host', 'wildcard', 'other'].map((commonName) => people.issue([], { commonName })),
  );
  if (byHost === undefined || wildcard === undefined || other === undefined) throw new Error('there are three');
  const layer = tlsConnectLayer({
    dangerouslyAcceptAnyCertificate: true,
    clientCertificates: { 'host.test': byHost, '*.wild.test': wildcard },
    clientCertificate: ({ target }) => (target.type === 'tcp' && target.port === 8443 ? other : undefined),
  });
  const accept = tlsAcceptLayer({ certificates: server, clientAuth: { mode: 'request', roots: people.cert } });
  const shownTo = async (target: string): Promise<string | undefined> => {
    const [near, far] = memoryPipe();
    const shown = Promise.withResolvers<string | undefined>();
    const serving = accept({
      async serve({ extensions, stream }) {
        shown.resolve(extensions.get(PeerCertificate)?.subject);
        stream.destroy();
      },
    }).serve(createConnection(far));
    const request = connectRequest({ target: parseAddress(target), secure: true });
    const { stream } = await layer({ serve: async () => createConnection(near) }).serve(request);
    await serving;
    stream.destroy();
    return shown.promise;
  };
  expect(await shownTo('host.test:443')).toBe('CN=by-host');
  expect(await shownTo('host.test:8443')).toBe('CN=by-host');
  expect(await shownTo('a.wild.test:443')).toBe('CN=wildcard');
  expect(await shownTo('wild.test:8443')).toBe('CN=other');
  expect(await shownTo('wild.test:443')).toBeUndefined();
});

it('a session of one client certificate is not for another one', async () => {
  await inWorld({ mode: 'request', roots: people.cert }, {}, async (world) => {
    let current: TestPair | undefined = ann;
    const layer = tlsConnectLayer({ roots: root.cert, clientCertificate: () => current });
    const connectOnce = async (): Promise<unknown> => {
      const { stream, extensions } = await world.connectBy(layer);
      const far = await world.accepted();
      void far.stream.write([utf8('hi')]);
      await readExactly(stream, 2);
      stream.destroy();
      far.stream.destroy();
      return [extensions.get(TlsSession)?.isResumed, far.extensions.get(PeerCertificate)?.subject];
    };
    expect(await connectOnce()).toEqual([false, 'CN=ann']);
    expect(await connectOnce()).toEqual([true, 'CN=ann']);
    current = await people.issue([], { commonName: 'bob' });
    expect(await connectOnce()).toEqual([false, 'CN=bob']);
    current = undefined;
    expect(await connectOnce()).toEqual([false, undefined]);
    current = ann;
    expect(await connectOnce()).toEqual([true, 'CN=ann']);
  });
});

const EXPIRED = 'LML_ERR_TLS_CERTIFICATE_EXPIRED';
const EARLY = 'LML_ERR_TLS_CERTIFICATE_NOT_YET_VALID';

function issue(options: IssueOptions): Promise<TestPair> {
  return people.issue([], options);
}

/** Why a client is refused: by its handshake, or by its first read. */
async function outcome(world: TlsWorld, options: TlsConnectOptions): Promise<Error> {
  try {
    const { stream } = await world.connect(options);
    await stream.read();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('the client was not refused');
}

/** Runs a test against a server that asks for certificates. */
async function inWorld(
  clientAuth: ClientAuthOptions,
  options: Pick<TlsAcceptOptions, 'minVersion' | 'maxVersion' | 'clock'>,
  body: (world: TlsWorld) => Promise<void>,
): Promise<void> {
  const world = tlsWorld({ certificates: server, clientAuth, ...options });
  try {
    await body(world);
  } finally {
    await world.close();
  }
}
