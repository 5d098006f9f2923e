import { createPrivateKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { selfSignedCertificate } from '../issue/self-signed-certificate.ts';
import type { KeyPair } from './key-pair.ts';
import { secureContext } from './key-pair.ts';

describe('secureContext', () => {
  it('takes a certificate with its key, which may need a passphrase', async () => {
    const { cert, key } = await selfSignedCertificate({ names: ['server.test'] });
    expect(secureContext({}, { cert, key })).toBeDefined();
    expect(secureContext({}, { cert: Buffer.from(cert), key: encrypted(key), passphrase: 'open' })).toBeDefined();
  });

  it('says in words for people why a pair can not be used', async () => {
    const { cert, key } = await selfSignedCertificate({ names: ['server.test'] });
    const other = await selfSignedCertificate({ names: ['other.test'] });
    expect(problemOf({ cert, key: other.key })).toBe('the key is that of another certificate');
    expect(problemOf({ cert, key: encrypted(key) })).toBe('the key needs a passphrase');
    expect(problemOf({ cert, key: encrypted(key), passphrase: 'wrong' })).toBe('the passphrase does not open the key');
    expect(problemOf({ cert, key: cert })).toBe('the key is no private key in PEM');
    expect(problemOf({ cert: key, key })).toBe('the certificate is none in PEM');
    expect(problemOf({ cert: cert.replace(/\n\w{4}/, '\n!'), key })).toBe('the PEM of the certificate is damaged');
  });

  it('takes an empty text for a mistake, not for nothing to show', async () => {
    const { cert, key } = await selfSignedCertificate({ names: ['server.test'] });
    expect(problemOf({ cert, key: '' })).toBe('the key is no private key in PEM');
    expect(problemOf({ cert: '', key })).toBe('the certificate is none in PEM');
  });
});

function encrypted(key: string): string {
  return createPrivateKey(key).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open' });
}

function problemOf(pair: KeyPair): string {
  try {
    secureContext({}, pair);
    return '';
  } catch (error) {
    const { code, message } = error as { code: string; message: string }; // errors of ours have both
    expect(code).toBe('LML_ERR_TLS_MATERIAL');
    return message.replace("the certificate and its key can't be used: ", '');
  }
}
