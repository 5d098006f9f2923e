import { appendFileSync } from 'node:fs';
import type { ConnectorLayer } from '@lamella/http';
import { isLamellaError } from '@lamella/service-core';
import type { TlsConnectOptions, TlsVersion } from '@lamella/tls';
import { tlsConnectLayer } from '@lamella/tls';
import { CliError, EXIT, messageOf } from '../../cli-error.ts';
import type { CipherOptions } from './cipher-list.ts';
import { cipherList } from './cipher-list.ts';
import type { ClientPairOptions } from './client-pair.ts';
import { clientPair } from './client-pair.ts';
import { keyPins } from './key-pins.ts';
import { readOption } from './read-option.ts';
import type { TlsWords } from './tls-words.ts';
import { proxyWords, serverWords } from './tls-words.ts';

/** What can be said about TLS with anybody, in curl's words. */
interface TlsTrustOptions extends ClientPairOptions, CipherOptions {
  readonly cacert?: string;
  /** A file with a public key, or `sha256//...`, several with `;` between. */
  readonly pinnedpubkey?: string;
  readonly insecure?: boolean;
}

/** What the options of `send` say about TLS, in curl's words. */
export interface TlsSendOptions extends TlsTrustOptions {
  /** Whether the server has to staple an OCSP response that is good. */
  readonly certStatus?: boolean;
  readonly 'tlsv1.2'?: boolean;
  readonly 'tlsv1.3'?: boolean;
  readonly tlsMax?: '1.2' | '1.3';
}

/** What the options of `send` say about TLS with proxies: each means what the one without `proxy` does for servers. */
export interface ProxyTlsOptions {
  readonly proxyCacert?: string;
  readonly proxyInsecure?: boolean;
  readonly proxyCert?: string;
  readonly proxyKey?: string;
  readonly proxyPass?: string;
  readonly proxyPinnedpubkey?: string;
  readonly proxyCiphers?: string;
  readonly proxyTls13Ciphers?: string;
}

/**
 * TLS as the options want it.
 *
 * @throws CliError with curl's code: 58 a certificate of one's own, 59 cipher suites, 77 roots, 90 a pin, 2 the rest.
 */
export function sendTls(options: TlsSendOptions, timeoutMs: number, keyLogPath?: string): ConnectorLayer {
  const min: TlsVersion = options['tlsv1.3'] === true ? 'TLSv1.3' : 'TLSv1.2';
  const max: TlsVersion = options.tlsMax === '1.2' ? 'TLSv1.2' : 'TLSv1.3';
  if (options.insecure === true && options.certStatus)
    throw new CliError('--cert-status asks for a good certificate, -k for any', EXIT.usage);
  if (min > max) throw new CliError('--tlsv1.3 and --tls-max 1.2 leave no version', EXIT.usage);
  return connectLayer(options, serverWords, {
    minVersion: min,
    maxVersion: max,
    timeoutMs,
    ...(options.certStatus ? { requireOcsp: true } : {}),
    ...(keyLogPath ? { keyLog: (line: string) => appendFileSync(keyLogPath, `${line}\n`, { mode: 0o600 }) } : {}),
  });
}

/** TLS with proxies, of which the options for servers say nothing. @throws CliError, with the codes of {@link sendTls}. */
export function proxyTls(options: ProxyTlsOptions, timeoutMs: number): ConnectorLayer {
  const { proxyCacert, proxyInsecure, proxyCert, proxyKey, proxyPass } = options;
  const { proxyPinnedpubkey, proxyCiphers, proxyTls13Ciphers } = options;
  const same: TlsTrustOptions = {
    ...(proxyCacert === undefined ? {} : { cacert: proxyCacert }),
    ...(proxyInsecure === undefined ? {} : { insecure: proxyInsecure }),
    ...(proxyCert === undefined ? {} : { cert: proxyCert }),
    ...(proxyKey === undefined ? {} : { key: proxyKey }),
    ...(proxyPass === undefined ? {} : { pass: proxyPass }),
    ...(proxyPinnedpubkey === undefined ? {} : { pinnedpubkey: proxyPinnedpubkey }),
    ...(proxyCiphers === undefined ? {} : { ciphers: proxyCiphers }),
    ...(proxyTls13Ciphers === undefined ? {} : { tls13Ciphers: proxyTls13Ciphers }),
  };
  return connectLayer(same, proxyWords, { timeoutMs });
}

function connectLayer(options: TlsTrustOptions, words: TlsWords, more: TlsConnectOptions): ConnectorLayer {
  const { cacert, cert, insecure = false, pinnedpubkey } = options;
  const pins = pinnedpubkey === undefined ? undefined : keyPins(pinnedpubkey, words);
  const roots = cacert === undefined ? {} : { roots: readOption(cacert, EXIT.badRoots, words('cacert')) };
  const pair = clientPair(options, words);
  const trust: TlsConnectOptions = { ...roots, ...(pins === undefined ? {} : { pins, pinScope: 'leaf' }) };
  const common: TlsConnectOptions = {
    ...more,
    ...cipherList(options, words),
    ...(pair === undefined ? {} : { clientCertificate: pair }),
  };
  checked(() => tlsConnectLayer(trust), EXIT.badRoots, `${words('cacert')} ${cacert}`);
  // With a pin, --insecure trusts the key alone.
  const anybody: TlsConnectOptions =
    pins === undefined
      ? { dangerouslyAcceptAnyCertificate: true }
      : { pins, roots: [], dangerouslySkipNameCheck: true };
  return checked(
    () => tlsConnectLayer({ ...common, ...(insecure ? anybody : trust) }),
    EXIT.badCertificate,
    `${words('cert')} ${cert}`,
  );
}

function checked<Value>(make: () => Value, exitCode: number, what: string): Value {
  try {
    return make();
  } catch (cause) {
    if (!isLamellaError(cause) || cause.code !== 'LML_ERR_TLS_MATERIAL') throw cause;
    throw new CliError(`${what}: ${messageOf(cause)}`, exitCode, { cause });
  }
}
