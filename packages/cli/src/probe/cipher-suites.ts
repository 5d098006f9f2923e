import type { TlsVersion } from '@lamella/tls';

/** A cipher suite by its two names. */
export interface CipherSuite {
  /** As OpenSSL calls it. */
  readonly openssl: string;
  /** As RFCs call it. */
  readonly standard: string;
}

/** The cipher suites of a version that are asked for, the strongest ones first. */
export function cipherSuites(version: TlsVersion): readonly CipherSuite[] {
  return version === 'TLSv1.3' ? TLS13 : TLS12;
}

const TLS13: readonly CipherSuite[] = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_128_CCM_SHA256',
].map((name) => ({ openssl: name, standard: name }));

const KEY_EXCHANGES = [
  { openssl: 'ECDHE-ECDSA-', standard: 'TLS_ECDHE_ECDSA_WITH_' },
  { openssl: 'ECDHE-RSA-', standard: 'TLS_ECDHE_RSA_WITH_' },
  { openssl: 'DHE-RSA-', standard: 'TLS_DHE_RSA_WITH_' },
  { openssl: '', standard: 'TLS_RSA_WITH_' },
] as const;

/** What follows the key exchanges that begin with one of `by`. */
const CIPHERS: readonly (CipherSuite & { readonly by: readonly string[] })[] = [
  { openssl: 'AES256-GCM-SHA384', standard: 'AES_256_GCM_SHA384', by: ['ECDHE', 'DHE', ''] },
  { openssl: 'CHACHA20-POLY1305', standard: 'CHACHA20_POLY1305_SHA256', by: ['ECDHE', 'DHE'] },
  { openssl: 'AES128-GCM-SHA256', standard: 'AES_128_GCM_SHA256', by: ['ECDHE', 'DHE', ''] },
  { openssl: 'AES256-SHA384', standard: 'AES_256_CBC_SHA384', by: ['ECDHE'] },
  { openssl: 'AES256-SHA256', standard: 'AES_256_CBC_SHA256', by: ['DHE', ''] },
  { openssl: 'AES128-SHA256', standard: 'AES_128_CBC_SHA256', by: ['ECDHE', 'DHE', ''] },
  { openssl: 'AES256-SHA', standard: 'AES_256_CBC_SHA', by: ['ECDHE', 'DHE', ''] },
  { openssl: 'AES128-SHA', standard: 'AES_128_CBC_SHA', by: ['ECDHE', 'DHE', ''] },
];

const TLS12: readonly CipherSuite[] = CIPHERS.flatMap(({ openssl, standard, by }) =>
  KEY_EXCHANGES.filter((exchange) => by.includes(exchange.openssl.split('-', 1)[0] ?? '')).map((exchange) => ({
    openssl: exchange.openssl + openssl,
    standard: exchange.standard + standard,
  })),
);
