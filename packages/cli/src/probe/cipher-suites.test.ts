import { describe, expect, it } from 'vitest';
import { cipherSuites } from './cipher-suites.ts';

describe('cipherSuites', () => {
  it('names each once, and has the suites that have a curve or not', () => {
    const names = cipherSuites('TLSv1.2').map(({ openssl, standard }) => `${openssl} ${standard}`);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toHaveLength(27);
    for (const pair of [
      'ECDHE-ECDSA-AES256-GCM-SHA384 TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
      'ECDHE-RSA-AES256-SHA384 TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384',
      'DHE-RSA-CHACHA20-POLY1305 TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
      'DHE-RSA-AES256-SHA256 TLS_DHE_RSA_WITH_AES_256_CBC_SHA256',
      'AES128-SHA TLS_RSA_WITH_AES_128_CBC_SHA',
    ]) {
      expect(names).toContain(pair);
    }
    expect(names.filter((name) => /^(?:AES|DHE).*AES256-SHA384 |^CHACHA20/.test(name))).toEqual([]);
  });

  it('has those of TLS 1.3, which have but one name', () => {
    expect(cipherSuites('TLSv1.3').map(({ openssl, standard }) => openssl === standard)).toEqual(Array(4).fill(true));
  });
});
