// Leaf certificates (ECDSA, P-256) for new names, one after the other: the only argument is who makes them (lamella, peculiar). A line with their
// number on standard input starts a round; the 99th percentile of their times, in milliseconds, answers.
import 'reflect-metadata';
import { webcrypto, X509Certificate } from 'node:crypto';
import { createInterface } from 'node:readline';
import { certificateAuthority, certificateIssuer } from '@lamella/tls';
import { SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509';

/** Makes the certificate of a name, as PEM, or as DER. */
type Issue = (name: string) => Promise<string | Buffer>;

const SIGNING = { name: 'ECDSA', hash: 'SHA-256', namedCurve: 'P-256' };
const { issue, root } = process.argv[2] === 'lamella' ? await lamella() : await peculiar();
let count = 0;

console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const times: number[] = [];
  for (let left = Number(line); left > 0; left--) {
    const name = `host-${count++}.test`;
    const startMs = performance.now();
    const certificate = await issue(name);
    times.push(performance.now() - startMs);
    const leaf = new X509Certificate(certificate);
    if (leaf.checkHost(name) !== name || !leaf.verify(root.publicKey)) throw new Error(`wrong certificate for ${name}`);
  }
  console.log(times.sort((one, other) => one - other)[Math.floor(times.length * 0.99)]);
}

async function lamella(): Promise<{ issue: Issue; root: X509Certificate }> {
  const authority = await certificateAuthority();
  const issuer = certificateIssuer({ authority });
  return {
    root: new X509Certificate(authority.cert),
    async issue(name) {
      const made = await issuer.certificateFor(name);
      if (made === undefined) throw new Error(`there is no certificate for ${name}`);
      return made.cert;
    },
  };
}

async function peculiar(): Promise<{ issue: Issue; root: X509Certificate }> {
  const keys = await newKeys();
  const root = await X509CertificateGenerator.createSelfSigned({ name: 'CN=Root', keys, signingAlgorithm: SIGNING });
  return {
    root: new X509Certificate(Buffer.from(root.rawData)),
    async issue(name) {
      const { publicKey, privateKey } = await newKeys();
      const made = await X509CertificateGenerator.create({
        subject: `CN=${name}`,
        issuer: 'CN=Root',
        publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: SIGNING,
        extensions: [new SubjectAlternativeNameExtension([{ type: 'dns', value: name }])],
      });
      await webcrypto.subtle.exportKey('pkcs8', privateKey); // a server needs it in a form that TLS takes
      return Buffer.from(made.rawData);
    },
  };
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
}
