import { createHash, X509Certificate } from 'node:crypto';
import type { Connection } from '@lamella/net-core';
import { AlpnSelected, connectRequest, memoryNetwork, parseAddress, serveListener } from '@lamella/net-core';
import type { TlsConnectOptions } from '@lamella/tls';
import { PeerCertificate, selfSignedCertificate, tlsAcceptLayer, tlsConnectLayer } from '@lamella/tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { tlsAlpnChallenges } from './tls-alpn-challenges.ts';

const CHALLENGE = { identifier: 'a.test', token: 'token', keyAuthorization: 'token.thumbprint' };

describe('tlsAlpnChallenges', () => {
  it('shows the certificate of the challenge to who offers acme-tls/1, and the site to others', async () => {
    const { challenges, connect, served } = await setup();
    await challenges.present(CHALLENGE);
    const proof = await connect({ alpn: ['acme-tls/1'], dangerouslyAcceptAnyCertificate: true });
    expect(proof.extensions.get(AlpnSelected)).toBe('acme-tls/1');
    const certificate = new X509Certificate(proof.extensions.get(PeerCertificate)?.raw ?? '');
    expect(certificate.subjectAltName).toBe('DNS:a.test');
    const digest = createHash('sha256').update('token.thumbprint').digest('hex');
    expect(certificate.raw.toString('hex')).toContain(digest);
    expect(await proof.stream.read()).toBeUndefined();
    expect(served).toEqual([]);

    for (const alpn of [['http/1.1'], ['acme-tls/1', 'http/1.1']]) {
      const other = await connect({ alpn, dangerouslyAcceptAnyCertificate: true });
      expect(other.extensions.get(AlpnSelected)).toBe('http/1.1');
      expect(await other.stream.read()).toBeUndefined(); // served, and closed
      expect(other.extensions.get(PeerCertificate)?.subjectAltNames).toEqual(['DNS:a.test', 'DNS:site.test']);
    }
    expect(served).toHaveLength(2);
  });

  it('refuses who asks for another name, and everybody once it is over', async () => {
    const { challenges, connect } = await setup();
    await challenges.present({ ...CHALLENGE, identifier: 'b.test' });
    await expect(connect({ alpn: ['acme-tls/1'] })).rejects.toMatchObject({ name: 'TlsError' });
    await challenges.present(CHALLENGE);
    await challenges.remove(CHALLENGE);
    await challenges.remove({ ...CHALLENGE, identifier: 'b.test' });
    await expect(connect({ alpn: ['acme-tls/1'] })).rejects.toMatchObject({ code: 'LML_ERR_TLS_NO_ALPN_OVERLAP' });
  });

  it('goes on showing the proof of another order for the same name', async () => {
    const challenges = tlsAlpnChallenges();
    const other = { ...CHALLENGE, token: 'another', keyAuthorization: 'another.key' };
    await challenges.present(CHALLENGE);
    await challenges.present(other);
    await challenges.remove(CHALLENGE);
    expect(await challenges.certificates.certificateFor(CHALLENGE.identifier)).toBeDefined();
    await challenges.remove(other);
    expect(await challenges.certificates.certificateFor(CHALLENGE.identifier)).toBeUndefined();
  });

  it.each([
    ['192.0.2.1', '1.2.0.192.in-addr.arpa'],
    ['2001:db8::1', `1.${'0.'.repeat(23)}8.b.d.0.1.0.0.2.ip6.arpa`],
  ])('knows the address %s by its name in the reverse tree', async (identifier, serverName) => {
    const challenges = tlsAlpnChallenges();
    await challenges.present({ ...CHALLENGE, identifier });
    expect(await challenges.certificates.certificateFor(serverName)).toBeDefined();
    expect(await challenges.certificates.certificateFor(identifier)).toBeUndefined();
    expect(await challenges.certificates.certificateFor(undefined)).toBeUndefined();
  });

  it('passes on what is no TLS', async () => {
    const { challenges, network, served } = await setup();
    await challenges.present(CHALLENGE);
    const { stream } = await network.connector().serve(connectRequest({ target: parseAddress('a.test:443') }));
    await stream.write([Buffer.from('GET / HTTP/1.1\r\n\r\n')]);
    await stream.closeWrite();
    expect(await stream.read().catch(() => undefined)).toSatisfy(() => true);
    expect(served).toEqual([]); // TLS behind the layer has refused it, as it does without the layer
  });

  it('refuses a time that is none', () => {
    expect(() => tlsAlpnChallenges({ timeoutMs: 0 })).toThrow(expect.objectContaining({ code: 'LML_ERR_USAGE' }));
  });
});

async function setup() {
  const network = memoryNetwork();
  const challenges = tlsAlpnChallenges();
  const certificate = await selfSignedCertificate({ names: ['a.test', 'site.test'] });
  const served: Connection[] = [];
  const server = challenges.layer(
    tlsAcceptLayer({ certificates: certificate, alpn: ['http/1.1'] })({
      async serve(connection) {
        served.push(connection);
        await connection.stream.closeWrite();
      },
    }),
  );
  const listener = network.listen('a.test:443');
  const serving = serveListener(listener, server, { onError: () => {} });
  onTestFinished(async () => {
    await listener.close();
    await serving;
  });
  const connect = (options: TlsConnectOptions) =>
    tlsConnectLayer(options)(network.connector()).serve(
      connectRequest({ target: parseAddress('a.test:443'), secure: true }),
    );
  return { network, challenges, connect, served };
}
