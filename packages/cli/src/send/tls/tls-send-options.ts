import { constants, createHash, createPublicKey } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { ConnectorLayer } from '@lamella/http';
import { isLamellaError } from '@lamella/service-core';
import type { KeyPair, TlsConnectOptions, TlsVersion } from '@lamella/tls';
import { tlsConnectLayer } from '@lamella/tls';
import { CliError, EXIT, messageOf } from '../../cli-error.ts';

/** What the options of `send` say about TLS, in curl's words. */
export interface TlsSendOptions {
  readonly cacert?: string;
  /** `file`, or `file:passphrase`. */
  readonly cert?: string;
  readonly key?: string;
  readonly pass?: string;
  /** A file with a public key, or `sha256//...`, several with `;` between. */
  readonly pinnedpubkey?: string;
  readonly insecure?: boolean;
  /** Whether the server has to staple an OCSP response that is good. */
  readonly certStatus?: boolean;
  readonly 'tlsv1.2'?: boolean;
  readonly 'tlsv1.3'?: boolean;
  readonly tlsMax?: '1.2' | '1.3';
  /** Cipher suites up to TLS 1.2, as OpenSSL lists them. */
  readonly ciphers?: string;
  /** Those of TLS 1.3. */
  readonly tls13Ciphers?: string;
}

/** What the options of `send` say about TLS with proxies. */
export interface ProxyTlsOptions {
  readonly proxyCacert?: string;
  readonly proxyInsecure?: boolean;
}

/**
 * TLS as the options want it.
 *
 * @throws CliError with curl's code: 58 a certificate of one's own, 59 cipher suites, 77 roots, 90 a pin, 2 the rest.
 */
export function sendTls(options: TlsSendOptions, timeoutMs: number, keyLogPath?: string): ConnectorLayer {
  const { cacert, insecure = false } = options;
  const min: TlsVersion = options['tlsv1.3'] === true ? 'TLSv1.3' : 'TLSv1.2';
  const max: TlsVersion = options.tlsMax === '1.2' ? 'TLSv1.2' : 'TLSv1.3';
  if (insecure && options.certStatus)
    throw new CliError('--cert-status asks for a good certificate, -k for any', EXIT.usage);
  if (min > max) throw new CliError('--tlsv1.3 and --tls-max 1.2 leave no version', EXIT.usage);
  const pins = options.pinnedpubkey === undefined ? undefined : pinsOf(options.pinnedpubkey);
  const roots = cacert === undefined ? {} : { roots: read(cacert, EXIT.badRoots, '--cacert') };
  const pair = clientPair(options);
  const trust: TlsConnectOptions = {
    ...roots,
    ...(pins === undefined ? {} : { pins, pinScope: 'leaf' }),
    ...(options.certStatus ? { requireOcsp: true } : {}),
  };
  const common: TlsConnectOptions = {
    minVersion: min,
    maxVersion: max,
    timeoutMs,
    ...ciphersOf(options),
    ...(pair === undefined ? {} : { clientCertificate: pair }),
    ...(keyLogPath ? { keyLog: (line: string) => appendFileSync(keyLogPath, `${line}\n`, { mode: 0o600 }) } : {}),
  };
  checked(() => tlsConnectLayer(trust), EXIT.badRoots, `--cacert ${cacert}`);
  // With a pin, --insecure trusts the key alone.
  const anybody: TlsConnectOptions =
    pins === undefined
      ? { dangerouslyAcceptAnyCertificate: true }
      : { pins, roots: [], dangerouslySkipNameCheck: true };
  return checked(
    () => tlsConnectLayer({ ...common, ...(insecure ? anybody : trust) }),
    EXIT.badCertificate,
    `--cert ${options.cert}`,
  );
}

/** TLS with proxies, of which the options for servers say nothing. @throws CliError with curl's code 77 for bad roots. */
export function proxyTls({ proxyCacert, proxyInsecure = false }: ProxyTlsOptions, timeoutMs: number): ConnectorLayer {
  const trust: TlsConnectOptions = proxyInsecure
    ? { dangerouslyAcceptAnyCertificate: true }
    : proxyCacert === undefined
      ? {}
      : { roots: read(proxyCacert, EXIT.badRoots, '--proxy-cacert') };
  return checked(() => tlsConnectLayer({ timeoutMs, ...trust }), EXIT.badRoots, `--proxy-cacert ${proxyCacert}`);
}

/** One list for OpenSSL, with what nobody has named as it is by default. */
function ciphersOf({ ciphers, tls13Ciphers }: TlsSendOptions): Pick<TlsConnectOptions, 'ciphers'> {
  if (ciphers === undefined && tls13Ciphers === undefined) return {};
  const isOf13 = (name: string): boolean => name.startsWith('TLS_');
  const usual = listOf(constants.defaultCipherList);
  const list = [
    ...(tls13Ciphers === undefined ? usual.filter(isOf13) : listOf(tls13Ciphers)),
    ...(ciphers === undefined ? usual.filter((name) => !isOf13(name)) : listOf(ciphers)),
  ];
  for (const [option, text, isRight] of [
    ['--ciphers', ciphers, (name: string) => !isOf13(name)],
    ['--tls13-ciphers', tls13Ciphers, isOf13],
  ] as const) {
    if (text !== undefined) checkCiphers(option, text, isRight);
  }
  return { ciphers: list };
}

/** Commas and blanks separate, too. */
function listOf(text: string): readonly string[] {
  return text.split(/[:, ]+/).filter((name) => name !== '');
}

function checkCiphers(option: string, text: string, isRight: (name: string) => boolean): void {
  const list = listOf(text);
  try {
    const isWhole = list.length > 0 && list.every(isRight);
    if (isWhole && tlsConnectLayer({ ciphers: list, dangerouslyAcceptAnyCertificate: true })) return;
  } catch (cause) {
    throw new CliError(`${option} ${text}: OpenSSL knows none of these cipher suites`, EXIT.badCipher, { cause });
  }
  throw new CliError(`${option} ${text}: these are no cipher suites of that version of TLS`, EXIT.badCipher);
}

function clientPair({ cert, key, pass }: TlsSendOptions): KeyPair | undefined {
  if (cert === undefined) {
    if (key !== undefined) throw new CliError('--key needs --cert', EXIT.usage);
    return undefined;
  }
  const [path, typed] = existsSync(cert) ? [cert, undefined] : splitPassphrase(cert);
  const passphrase = pass ?? typed;
  return {
    cert: read(path, EXIT.badCertificate, '--cert'),
    key: read(key ?? path, EXIT.badCertificate, '--key'),
    ...(passphrase === undefined ? {} : { passphrase }),
  };
}

/** `file:passphrase`, in which `\:` is a colon of the file's name, as in curl. */
function splitPassphrase(text: string): readonly [path: string, passphrase: string | undefined] {
  const [, path = text, passphrase] = /^((?:\\.|[^:\\])+)(?::(.*))?$/s.exec(text) ?? [];
  return [path.replaceAll('\\:', ':'), passphrase];
}

/** @throws CliError if it is neither a file nor pins. */
function pinsOf(text: string): readonly string[] {
  if (text.startsWith('sha256//')) {
    const pins = text.split(';').filter((pin) => pin !== '');
    const wrong = pins.find((pin) => !/^sha256\/\/[A-Za-z0-9+/]{43}=$/.test(pin));
    if (wrong === undefined) return pins;
    throw new CliError(`--pinnedpubkey ${wrong}: a pin is sha256// and 44 characters of base64`, EXIT.usage);
  }
  const content = read(text, EXIT.badPin, '--pinnedpubkey');
  try {
    const isPem = content.includes('-----BEGIN');
    const key = createPublicKey(isPem ? content : { key: Buffer.from(content, 'latin1'), format: 'der', type: 'spki' });
    return [
      createHash('sha256')
        .update(key.export({ type: 'spki', format: 'der' }))
        .digest('base64'),
    ];
  } catch (cause) {
    throw new CliError(`--pinnedpubkey ${text}: no public key in PEM or DER`, EXIT.badPin, { cause });
  }
}

function read(path: string, exitCode: number, option: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (cause) {
    throw new CliError(`${option}: cannot read ${path}: ${messageOf(cause)}`, exitCode, { cause });
  }
}

function checked<Value>(make: () => Value, exitCode: number, what: string): Value {
  try {
    return make();
  } catch (cause) {
    if (!isLamellaError(cause) || cause.code !== 'LML_ERR_TLS_MATERIAL') throw cause;
    throw new CliError(`${what}: ${messageOf(cause)}`, exitCode, { cause });
  }
}
