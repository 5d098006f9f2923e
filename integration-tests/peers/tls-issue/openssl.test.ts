import { once } from 'node:events';
import { connect, createServer } from 'node:tls';
import { FakeClock } from '@lamella/service-core/testing';
import type { IssuedCertificate } from '@lamella/tls';
import {
  acmeChallengeCertificate,
  certificateAuthority,
  certificateIssuer,
  certificateRequest,
  selfSignedCertificate,
} from '@lamella/tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { usePeers } from '../../support/peers.ts';
import { run } from '../../support/run.ts';
import { temporaryFile } from '../../support/temporary-folder.ts';

usePeers('openssl');

describe('openssl', () => {
  it('verifies a certificate that has signed itself, for its names only', async () => {
    const { cert } = await selfSignedCertificate({ names: ['a.test', '*.b.test', '127.0.0.1', '::1'] });
    const file = temporaryFile('cert.pem', cert);
    const verify = (...args: readonly string[]) =>
      run('openssl', ['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', file, ...args, file]);
    for (const host of ['a.test', 'x.b.test'])
      expect(await verify('-verify_hostname', host)).toMatchObject({ code: 0 });
    for (const ip of ['127.0.0.1', '::1']) expect(await verify('-verify_ip', ip)).toMatchObject({ code: 0 });
    expect((await verify('-verify_hostname', 'c.test')).stderr).toContain('hostname mismatch');
  });

  it('verifies chains by strict rules, with constraints of names and lengths', async () => {
    const root = await certificateAuthority({ subject: { commonName: 'Root', country: 'NL' }, pathLength: 2 });
    const middle = await root.intermediate({ nameConstraints: { permitted: ['test', '192.0.2.0/24'] } });
    const low = await middle.intermediate({ subject: { organization: 'Low' } });
    const good = await low.issue({ names: ['a.test', '192.0.2.7'], usages: ['server', 'client'] });
    expect(await verified(root.cert, good)).toMatchObject({ code: 0 });
    expect((await verified(root.cert, await low.issue({ names: ['a.example'] }))).stderr).toContain(
      'permitted subtree violation',
    );
    expect((await verified(root.cert, await low.issue({ names: ['192.0.3.1'] }))).stderr).toContain(
      'permitted subtree violation',
    );
    expect((await verified((await certificateAuthority()).cert, good)).code).not.toBe(0);
    const nameless = await low.issue({ names: ['a.test'], subject: {} });
    expect(await verified(root.cert, nameless)).toMatchObject({ code: 0 });
  });

  it('reads what a certificate says as it was meant', async () => {
    const authority = await certificateAuthority();
    const { cert, serialNumber } = await authority.issue({ names: ['a.test', '192.0.2.7'], validityMs: 3_600_000 });
    const { stdout } = await run('openssl', ['x509', '-noout', '-text', '-in', temporaryFile('cert.pem', cert)]);
    const text = stdout.replaceAll(' = ', '='); // OpenSSL 3.2 and later leave the blanks out
    expect(text.replace(/[\s:]/g, '')).toContain(`SerialNumber${serialNumber.toLowerCase()}`);
    for (const line of [
      'Version: 3 (0x2)',
      'Signature Algorithm: ecdsa-with-SHA256',
      'Issuer: CN=Lamella CA',
      'Subject: CN=a.test',
      'ASN1 OID: prime256v1',
      'X509v3 Basic Constraints: critical\n                CA:FALSE',
      'X509v3 Key Usage: critical\n                Digital Signature\n',
      'X509v3 Extended Key Usage: \n                TLS Web Server Authentication\n',
      'X509v3 Subject Alternative Name: \n                DNS:a.test, IP Address:192.0.2.7\n',
      'X509v3 Authority Key Identifier: \n',
    ]) {
      expect(text).toContain(line);
    }
  });

  it.each([
    [2049, '491231235959Z', 'UTCTIME'],
    [2050, '20501231235959Z', 'GENERALIZEDTIME'],
  ])('reads dates of %i in the form of that year', async (year, text, form) => {
    const clock = new FakeClock({ epochMs: Date.UTC(year, 11, 1) });
    const validityMs = Date.UTC(year, 11, 31, 23, 59, 59) - clock.epochMs();
    const { cert } = await selfSignedCertificate({ names: ['a.test'], validityMs, clock });
    const { stdout } = await run('openssl', ['asn1parse', '-in', temporaryFile('cert.pem', cert)]);
    expect(stdout).toMatch(new RegExp(`${form}\\s*:${text}`));
  });

  it('verifies a request, and finds its names', async () => {
    const { pem } = await certificateRequest({ names: ['a.test', '192.0.2.7'] });
    const file = temporaryFile('request.pem', pem);
    const { code, stdout } = await run('openssl', ['req', '-verify', '-noout', '-text', '-in', file]);
    expect(code).toBe(0);
    expect(stdout).toContain('DNS:a.test, IP Address:192.0.2.7');
  });

  it('finds the critical extension of a certificate for ACME', async () => {
    const { cert } = await acmeChallengeCertificate({ identifier: 'a.test', keyAuthorization: 'a.b' });
    const { stdout } = await run('openssl', ['x509', '-noout', '-text', '-in', temporaryFile('cert.pem', cert)]);
    expect(stdout).toMatch(/1\.3\.6\.1\.5\.5\.7\.1\.31: critical\n/);
    expect(stdout).toMatch(/X509v3 Subject Alternative Name: critical\n\s+DNS:a\.test\n/);
  });
});

describe('node:tls', () => {
  it('makes handshakes with certificates made by name', async () => {
    const authority = await certificateAuthority();
    const issuer = certificateIssuer({ authority });
    const first = await authority.issue({ names: ['127.0.0.1'] });
    const server = createServer({ cert: first.cert, key: first.key }, (socket) => socket.end('hello'));
    const port = await listening(server);
    for (const servername of ['a.test', 'b.test']) {
      const issued = await issuer.certificateFor(servername);
      server.addContext(servername, { cert: issued?.cert, key: issued?.key });
      const socket = connect({ port, host: '127.0.0.1', servername, ca: authority.cert });
      await once(socket, 'secureConnect');
      expect(socket.authorized).toBe(true);
      expect(socket.getPeerX509Certificate()?.subjectAltName).toBe(`DNS:${servername}`);
      socket.destroy();
    }
  });
});

/** Lets openssl verify a certificate with those behind it. */
function verified(root: string, { cert }: IssuedCertificate) {
  const [rootFile, file] = [temporaryFile('root.pem', root), temporaryFile('cert.pem', cert)];
  return run('openssl', [
    'verify',
    '-x509_strict',
    '-purpose',
    'sslserver',
    '-CAfile',
    rootFile,
    '-untrusted',
    file,
    file,
  ]);
}

async function listening(server: ReturnType<typeof createServer>): Promise<number> {
  server.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
