import { X509Certificate } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { AcmeClientOptions, AcmeSolver } from '@lamella/acme';
import {
  acmeCertificates,
  acmeClient,
  fileAcmeStorage,
  httpChallenges,
  memoryAcmeStorage,
  tlsAlpnChallenges,
} from '@lamella/acme';
import { createHttpClient, HttpResponse, http1, httpServerLayer } from '@lamella/http';
import type { Connection } from '@lamella/net-core';
import { connectRequest, parseAddress, serveListener } from '@lamella/net-core';
import { listenTcp, tcpConnector } from '@lamella/net-tcp';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';
import { PeerCertificate, selfSignedCertificate, tlsAcceptLayer, tlsConnectLayer } from '@lamella/tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../../support/free-port.ts';
import { usePeers } from '../../support/peers.ts';
import { serveHttp } from '../../support/serve-http.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import type { Pebble, PebbleOptions } from './start-pebble.ts';
import { startPebble } from './start-pebble.ts';

describe('pebble', () => {
  usePeers('pebble');

  it('gives a certificate for names that are proved by HTTP', async () => {
    const { client } = await setup();
    const { cert, key, validToMs } = await client().obtain(['a.test', 'b.test']);
    const leaf = new X509Certificate(cert);
    expect(leaf.subjectAltName?.split(', ').sort()).toEqual(['DNS:a.test', 'DNS:b.test']);
    expect(leaf.issuer).toContain('Pebble Intermediate CA');
    expect(cert.match(/BEGIN CERTIFICATE/g)?.length).toBeGreaterThan(1);
    expect(key).toContain('PRIVATE KEY');
    expect(validToMs).toBeGreaterThan(Date.now());
  });

  it('gives a certificate for names that are proved by TLS, on the port of the site', async () => {
    const alpn = tlsAlpnChallenges();
    const site = await selfSignedCertificate({ names: ['site.test'] });
    const served = stack(alpn.layer, tlsAcceptLayer({ certificates: site, alpn: ['http/1.1'] }), {
      serve: async ({ stream }: Connection) => stream.closeWrite(),
    });
    const listener = await listenTcp();
    const serving = serveListener(listener, served, { onError: () => {} });
    onTestFinished(async () => {
      await listener.close();
      await serving;
    });
    if (listener.address.type !== 'tcp') throw new Error('a TCP listener has a TCP address');
    const { client } = await setup({ tlsPort: listener.address.port });
    const { cert } = await client({ solvers: [alpn] }).obtain(['a.test']);
    expect(new X509Certificate(cert).subjectAltName).toBe('DNS:a.test');
  });

  it('does not believe what is not there, and says so', async () => {
    const { client } = await setup();
    const silent: AcmeSolver = { type: 'http-01', present: () => {}, remove: () => {} };
    await expect(client({ solvers: [silent] }).obtain(['a.test'])).rejects.toMatchObject({
      code: 'LML_ERR_ACME_CHALLENGE_FAILED',
      problem: { type: 'unauthorized' },
    });
  });

  it('is satisfied by who takes another nonce when it does not like one', async () => {
    const { client, pebble } = await setup({ badNonces: 40 });
    const own = client();
    const outcome = await own.obtain(['a.test']).catch((error: unknown) => error);
    // Five bad ones in a row are to be expected now and then: that is told by its own code.
    if (outcome instanceof Error) expect(outcome).toMatchObject({ code: 'LML_ERR_ACME_BAD_NONCE' });
    await expect.poll(pebble.log).toMatch(/nonce/i);
  });

  it('knows the account again, over restarts of the client', async () => {
    const storage = fileAcmeStorage(temporaryFolder());
    const { client, pebble } = await setup();
    await client({ storage }).obtain(['a.test']);
    await client({ storage }).obtain(['b.test']);
    await expect.poll(() => pebble.log().match(/There are now 1 accounts in memory/g)?.length).toBe(1);
    expect(pebble.log()).not.toContain('There are now 2 accounts');
  });

  it('takes an account at somebody else', async () => {
    const externalAccount = {
      keyId: 'kid-1',
      hmacKey: 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W',
    };
    const { client } = await setup({ externalAccount });
    await expect(client().obtain(['a.test'])).rejects.toMatchObject({ code: 'LML_ERR_ACME_TERMS' });
    await expect(client({ externalAccount }).obtain(['a.test'])).resolves.toBeDefined();
    const wrong = { keyId: 'kid-2', hmacKey: externalAccount.hmacKey };
    const other = client({ externalAccount: wrong, storage: memoryAcmeStorage() });
    await expect(other.obtain(['a.test'])).rejects.toMatchObject({ code: 'LML_ERR_ACME_PROBLEM' });
  });

  it('keeps a site of https in certificates, which are kept in files', async () => {
    const { client } = await setup();
    const folder = temporaryFolder();
    const storage = fileAcmeStorage(folder);
    const errors: unknown[] = [];
    const certificates = acmeCertificates({
      ...{ client: client({ storage }), storage, certificates: [['a.test'], ['b.test']] },
      onError: (error) => errors.push(error),
    });
    onTestFinished(() => certificates.close());
    await certificates.ready();
    const secured = await serveTls(certificates);
    for (const name of ['a.test', 'b.test']) expect(await secured.namesFor(name)).toEqual([`DNS:${name}`]);
    const before = await secured.serialFor('a.test');
    await certificates.renew();
    expect(await secured.serialFor('a.test')).not.toBe(before);
    expect(errors).toEqual([]);
    expect(readdirSync(folder)).toHaveLength(3);
    for (const file of readdirSync(folder)) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
  });
});

async function setup(options: Partial<PebbleOptions> = {}): Promise<{
  readonly pebble: Pebble;
  client(own?: Partial<AcmeClientOptions>): ReturnType<typeof acmeClient>;
}> {
  const challenges = httpChallenges();
  const { port: httpPort } = await serveHttp(
    stack(
      challenges.layer,
      serviceFn(() => HttpResponse.text('the site')),
    ),
  );
  const pebble = await startPebble({ httpPort, tlsPort: await freePort(), ...options });
  const connector = tlsConnectLayer({ roots: pebble.authority.cert })(tcpConnector());
  const lifecycle = createLifecycle();
  onTestFinished(() => void lifecycle.drain({ graceMs: 0 }));
  const service = createHttpClient({ connector, protocols: [http1()], lifecycle });
  const storage = memoryAcmeStorage();
  const { directoryUrl } = pebble;
  return {
    pebble,
    client: (own = {}) =>
      acmeClient({
        ...{ service, directoryUrl, solvers: [challenges], storage, termsOfServiceAgreed: true, pollIntervalMs: 50 },
        ...own,
      }),
  };
}

/** Serves https, and looks at what it shows. */
async function serveTls(certificates: ReturnType<typeof acmeCertificates>) {
  const listener = await listenTcp();
  const site = httpServerLayer({ lifecycle: createLifecycle() })(serviceFn(() => HttpResponse.text('the site')));
  const serving = serveListener(listener, tlsAcceptLayer({ certificates })(site), { onError: () => {} });
  onTestFinished(async () => {
    await listener.close();
    await serving;
  });
  if (listener.address.type !== 'tcp') throw new Error('a TCP listener has a TCP address');
  const { port } = listener.address;
  const connector = tlsConnectLayer({ dangerouslyAcceptAnyCertificate: true, maxSessions: 0 })(tcpConnector());
  const shownFor = async (serverName: string) => {
    const request = connectRequest({ target: parseAddress(`127.0.0.1:${port}`), secure: true, serverName });
    const { stream, extensions } = await connector.serve(request);
    stream.destroy();
    return extensions.get(PeerCertificate);
  };
  return {
    namesFor: async (name: string) => (await shownFor(name))?.subjectAltNames,
    serialFor: async (name: string) => (await shownFor(name))?.serialNumber,
  };
}
