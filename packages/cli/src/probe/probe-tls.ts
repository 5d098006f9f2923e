import type { Connection, Connector, TcpAddress } from '@lamella/net-core';
import { AlpnSelected, connectRequest, formatAddress, PeerAddress, TlsSession } from '@lamella/net-core';
import { stack } from '@lamella/service-core';
import type { CertificateFacts, TlsConnectOptions, TlsErrorCode, TlsVersion } from '@lamella/tls';
import { PeerCertificate, TlsError, tlsConnectLayer } from '@lamella/tls';
import { cipherSuites } from './cipher-suites.ts';

/** What is asked, and how. */
export interface TlsProbeInit {
  readonly target: TcpAddress;
  /** Name to ask for and to find in the certificate. Default: the host of the target. */
  readonly serverName?: string | undefined;
  /** Whom to trust. */
  readonly trust: Pick<TlsConnectOptions, 'roots' | 'pins' | 'pinScope'>;
  /** Longest time for each handshake, in milliseconds. */
  readonly timeoutMs: number;
  readonly connector: Connector;
}

/** What a server has shown of its TLS. */
export interface TlsProbe {
  readonly target: string;
  /** Where the target was found. */
  readonly address: string;
  readonly isTrusted: boolean;
  /** Why it is not trusted. */
  readonly refusal?: { readonly code: TlsErrorCode; readonly message: string };
  readonly certificate?: ProbedCertificate;
  /** Certificates that came with it, the nearest one first. */
  readonly chain: readonly ProbedCertificate[];
  /** What was agreed on when everything was offered. */
  readonly agreed: { readonly version: string; readonly cipher: string };
  /** Versions that it speaks, each with its cipher suites in the order in which it took them. */
  readonly versions: readonly { readonly version: TlsVersion; readonly ciphers: readonly string[] }[];
  /** Of h2 and http/1.1, those that it agrees on. */
  readonly alpn: readonly string[];
}

/** A certificate, as it is told. */
export interface ProbedCertificate {
  readonly subject: string;
  readonly issuer: string;
  readonly names: readonly string[];
  readonly serialNumber: string;
  /** ISO 8601. */
  readonly validFrom: string;
  readonly validTo: string;
  readonly fingerprint256: string;
  /** As curl writes it. */
  readonly pin: string;
}

/**
 * Finds out what a server speaks, by one handshake after the other: up to about 35.
 *
 * @throws ConnectError if nobody is there, TlsError if there is no handshake at all.
 */
export async function probeTls(init: TlsProbeInit): Promise<TlsProbe> {
  const { target } = init;
  const refused = await refusalOf(init);
  const { extensions } = await handshake(init, { ...ANYBODY });
  const session = extensions.get(TlsSession);
  const certificate = extensions.get(PeerCertificate);
  const versions: { version: TlsVersion; ciphers: readonly string[] }[] = [];
  for (const version of ['TLSv1.3', 'TLSv1.2'] as const) {
    const ciphers = await ciphersOf(init, version);
    if (ciphers.length > 0) versions.push({ version, ciphers });
  }
  const alpn: string[] = [];
  for (const protocol of ['h2', 'http/1.1']) if (await agreesOn(init, protocol)) alpn.push(protocol);
  return {
    target: formatAddress(target),
    address: formatAddress(extensions.get(PeerAddress) ?? target),
    isTrusted: refused === undefined,
    ...(refused === undefined ? {} : { refusal: { code: refused.code, message: refused.message } }),
    ...(certificate === undefined ? {} : { certificate: told(certificate) }),
    chain: (certificate?.chain ?? []).map(told),
    agreed: { version: session?.version ?? 'unknown', cipher: session?.cipher ?? 'unknown' },
    versions,
    alpn,
  };
}

/** What is wrong with the certificate; the first handshake, whose other failures are those of the probe. */
async function refusalOf(init: TlsProbeInit): Promise<TlsError | undefined> {
  try {
    await handshake(init, init.trust);
    return undefined;
  } catch (error) {
    if (error instanceof TlsError && JUDGEMENTS.has(error.code)) return error;
    throw error;
  }
}

/** Takes away what the server chooses until it chooses nothing any more. */
async function ciphersOf(init: TlsProbeInit, version: TlsVersion): Promise<readonly string[]> {
  let left = cipherSuites(version);
  const found: string[] = [];
  while (left.length > 0) {
    const ciphers = left.map(({ openssl }) => openssl);
    const options = { ...ANYBODY, minVersion: version, maxVersion: version, ciphers };
    const chosen = (await unlessRefused(handshake(init, options)))?.extensions.get(TlsSession)?.cipher;
    if (chosen === undefined || !left.some(({ standard }) => standard === chosen)) break;
    found.push(chosen);
    left = left.filter(({ standard }) => standard !== chosen);
  }
  return found;
}

async function agreesOn(init: TlsProbeInit, protocol: string): Promise<boolean> {
  const connection = await unlessRefused(handshake(init, { ...ANYBODY, alpn: [protocol] }));
  return connection?.extensions.get(AlpnSelected) === protocol;
}

/** A server may say no in many ways. That nobody answers any more is none of them. */
async function unlessRefused(connecting: Promise<Connection>): Promise<Connection | undefined> {
  try {
    return await connecting;
  } catch (error) {
    if (error instanceof TlsError && error.code !== 'LML_ERR_TLS_TIMEOUT') return undefined;
    throw error;
  }
}

/** One handshake, after which the connection is closed. */
async function handshake(init: TlsProbeInit, options: TlsConnectOptions): Promise<Connection> {
  const { target, serverName, timeoutMs, connector } = init;
  const layer = tlsConnectLayer({
    ...options,
    timeoutMs,
    maxSessions: 0,
    ...(serverName === undefined ? {} : { identity: () => serverName }),
  });
  const name = serverName === undefined ? {} : { serverName };
  const connection = await stack(layer, connector).serve(connectRequest({ target, secure: true, ...name }));
  connection.stream.destroy();
  return connection;
}

function told(certificate: CertificateFacts): ProbedCertificate {
  const { subject, issuer, subjectAltNames, serialNumber, validFromMs, validToMs, fingerprint256, pin } = certificate;
  return {
    subject,
    issuer,
    names: subjectAltNames,
    serialNumber,
    validFrom: new Date(validFromMs).toISOString(),
    validTo: new Date(validToMs).toISOString(),
    fingerprint256,
    pin: `sha256//${pin}`,
  };
}

const ANYBODY = { dangerouslyAcceptAnyCertificate: true } as const;

/** Of the certificate; everything else is no handshake. */
const JUDGEMENTS: ReadonlySet<TlsErrorCode> = new Set([
  'LML_ERR_TLS_CERTIFICATE_EXPIRED',
  'LML_ERR_TLS_CERTIFICATE_NOT_YET_VALID',
  'LML_ERR_TLS_CERTIFICATE_REVOKED',
  'LML_ERR_TLS_CERTIFICATE_INVALID',
  'LML_ERR_TLS_NO_CERTIFICATE',
  'LML_ERR_TLS_WRONG_HOST',
  'LML_ERR_TLS_UNKNOWN_CA',
  'LML_ERR_TLS_SELF_SIGNED',
  'LML_ERR_TLS_PIN_MISMATCH',
]);
