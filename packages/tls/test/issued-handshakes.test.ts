import { TlsSession } from '@lamella/net-core';
import type { TlsAcceptOptions, TlsConnectOptions } from '@lamella/tls';
import { certificateAuthority, certificateIssuer, PeerCertificate, selfSignedCertificate } from '@lamella/tls';
import { describe, expect, it } from 'vitest';
import { tlsWorld } from './support/tls-world.ts';

describe('a handshake with a certificate of our own', () => {
  it('succeeds for who trusts a certificate that has signed itself', async () => {
    const certificate = await selfSignedCertificate({ names: ['server.test'] });
    const secured = await connects({ certificates: certificate }, { roots: certificate.cert });
    expect(secured.get(PeerCertificate)).toMatchObject({ isAuthorized: true, subjectAltNames: ['DNS:server.test'] });
  });

  it('succeeds through an authority below the one that is trusted', async () => {
    const root = await certificateAuthority({ subject: { commonName: 'Root' }, pathLength: 1 });
    const middle = await root.intermediate({ subject: { commonName: 'Middle' } });
    const certificate = await middle.issue({ names: ['server.test'] });
    await expect(connects({ certificates: certificate }, { roots: root.cert })).resolves.toBeDefined();
  });

  it('succeeds with a certificate that is made when the name is asked for', async () => {
    const authority = await certificateAuthority();
    const certificates = certificateIssuer({ authority });
    const secured = await connects({ certificates }, { roots: authority.cert });
    expect(secured.get(PeerCertificate)?.subjectAltNames).toEqual(['DNS:server.test']);
    expect(secured.get(TlsSession)?.version).toBe('TLSv1.3');
  });

  it('succeeds and fails as others do if it names hosts only', async () => {
    const certificate = await selfSignedCertificate({ names: ['server.test'], subject: {} });
    const secured = await connects({ certificates: certificate }, { roots: certificate.cert });
    expect(secured.get(PeerCertificate)).toMatchObject({ subject: '', issuer: '', isAuthorized: true });
    const { cert } = await selfSignedCertificate({ names: ['other.test'] });
    await expect(connects({ certificates: certificate }, { roots: cert })).rejects.toMatchObject({
      code: 'LML_ERR_TLS_SELF_SIGNED',
      message: expect.stringContaining('issued by nobody by name'),
    });
    const mistrusted = await connects(
      { certificates: certificate },
      { roots: cert, dangerouslyAcceptAnyCertificate: true },
    );
    expect(mistrusted.get(PeerCertificate)).toMatchObject({ isAuthorized: false, refusal: 'LML_ERR_TLS_SELF_SIGNED' });
  });

  it('fails for a name that none is made for', async () => {
    const authority = await certificateAuthority();
    const certificates = certificateIssuer({ authority, allows: () => false });
    await expect(connects({ certificates }, { roots: authority.cert })).rejects.toMatchObject({
      code: expect.stringMatching(/^LML_ERR_TLS_/),
    });
  });

  it('fails where the constraints of an authority do not allow the name', async () => {
    const allowed = { permitted: ['server.test', '127.0.0.0/8'], excluded: ['bad.server.test'] };
    const good = await certificateAuthority({ nameConstraints: allowed });
    const certificate = await good.issue({ names: ['server.test', '127.0.0.1'] });
    await expect(connects({ certificates: certificate }, { roots: good.cert })).resolves.toBeDefined();
    const outside = await good.issue({ names: ['server.test', '192.0.2.1'] });
    await expect(connects({ certificates: outside }, { roots: good.cert })).rejects.toMatchObject({
      code: 'LML_ERR_TLS_CERTIFICATE_INVALID',
    });
    const bad = await certificateAuthority({ nameConstraints: { excluded: ['server.test'] } });
    const excluded = await bad.issue({ names: ['server.test'] });
    await expect(connects({ certificates: excluded }, { roots: bad.cert })).rejects.toMatchObject({
      code: 'LML_ERR_TLS_CERTIFICATE_INVALID',
    });
  });

  it('fails where a certificate is for clients, not for servers', async () => {
    const authority = await certificateAuthority();
    const certificate = await authority.issue({ names: ['server.test'], usages: ['client'] });
    await expect(connects({ certificates: certificate }, { roots: authority.cert })).rejects.toMatchObject({
      code: 'LML_ERR_TLS_CERTIFICATE_INVALID',
    });
  });
});

/** The store of a connection that a client makes; the world is closed behind it. */
async function connects(accept: TlsAcceptOptions, connect: TlsConnectOptions) {
  const world = tlsWorld(accept);
  try {
    const { extensions, stream } = await world.connect(connect);
    stream.destroy();
    return extensions;
  } finally {
    await world.close();
  }
}
