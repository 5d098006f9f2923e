// What it takes to make certificates. Not part of the test run:
// node --conditions=@lamella/source packages/tls/bench/issue.bench.ts
import 'reflect-metadata';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { BasicConstraintsExtension, X509CertificateGenerator } from '@peculiar/x509';
import { certificateAuthority, certificateIssuer, certificateRequest, loadCertificateAuthority } from '../src/index.ts';

const CALLS = 3_000;
const WARM_UP_CALLS = 300;

const authority = await certificateAuthority();
const ownKeys = certificateIssuer({ authority, maxCertificates: 100 });
const sharedKey = certificateIssuer({ authority, maxCertificates: 100, sharesKey: true });
const kept = certificateIssuer({ authority });
await kept.certificateFor('kept.test');
const { cert: upstream } = await authority.issue({ names: Array.from({ length: 20 }, (_, index) => `n${index}.test`) });
const { raw } = new X509Certificate(upstream);
const rsaAuthority = await rsaAuthorityOf();

/** What is measured, one call at a time, as a handshake waits for it. */
const subjects: Readonly<Record<string, (call: number) => unknown>> = {
  'leaf by name, a key of its own': (call) => ownKeys.certificateFor(`n${call}.test`),
  'leaf by name, one key for all': (call) => sharedKey.certificateFor(`n${call}.test`),
  'leaf by name, kept': () => kept.certificateFor('kept.test'),
  'mirror of a certificate with 20 names': (call) => ownKeys.mirrorOf(raw, `m${call}.test`),
  'leaf by an authority with RSA 2048': (call) => rsaAuthority.issue({ names: [`n${call}.test`] }),
  'request (PKCS #10)': (call) => certificateRequest({ names: [`n${call}.test`] }),
};

for (const [name, subject] of Object.entries(subjects)) {
  const times: number[] = [];
  for (let call = 0; call < CALLS + WARM_UP_CALLS; call++) {
    const startMs = performance.now();
    await subject(call);
    if (call >= WARM_UP_CALLS) times.push(performance.now() - startMs);
  }
  times.sort((first, second) => first - second);
  const at = (share: number): string => (times[Math.floor(times.length * share)] ?? 0).toFixed(3).padStart(8);
  console.log(`${name.padEnd(40)} p50 ${at(0.5)} ms  p99 ${at(0.99)} ms  p99.9 ${at(0.999)} ms`);
}

/** An authority as older tools make it. */
async function rsaAuthorityOf() {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const made = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=RSA',
    keys: {
      privateKey: privateKey.toCryptoKey(algorithm, true, ['sign']),
      publicKey: publicKey.toCryptoKey(algorithm, true, ['verify']),
    },
    signingAlgorithm: algorithm,
    extensions: [new BasicConstraintsExtension(true)],
  });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return loadCertificateAuthority({ cert: made.toString('pem'), key });
}
