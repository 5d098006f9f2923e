import { constants } from 'node:crypto';
import type { TlsConnectOptions } from '@lamella/tls';
import { tlsConnectLayer } from '@lamella/tls';
import { CliError, EXIT } from '../../cli-error.ts';
import type { TlsWords } from './tls-words.ts';

/** Which cipher suites are offered. */
export interface CipherOptions {
  /** Those up to TLS 1.2, as OpenSSL lists them. */
  readonly ciphers?: string;
  /** Those of TLS 1.3. */
  readonly tls13Ciphers?: string;
}

/** One list for OpenSSL, with what nobody has named as it is by default. @throws CliError with curl's code 59. */
export function cipherList(
  { ciphers, tls13Ciphers }: CipherOptions,
  words: TlsWords,
): Pick<TlsConnectOptions, 'ciphers'> {
  if (ciphers === undefined && tls13Ciphers === undefined) return {};
  const isOf13 = (name: string): boolean => name.startsWith('TLS_');
  const usual = listOf(constants.defaultCipherList);
  const list = [
    ...(tls13Ciphers === undefined ? usual.filter(isOf13) : listOf(tls13Ciphers)),
    ...(ciphers === undefined ? usual.filter((name) => !isOf13(name)) : listOf(ciphers)),
  ];
  const [option, option13] = [words('ciphers'), words('tls13-ciphers')];
  const advice = `suites of TLS 1.3, whose names begin with TLS_, belong to ${option13}`;
  const advice13 = `write some of ${usual.filter(isOf13).join(':')}; older ones belong to ${option}`;
  if (ciphers !== undefined) checkCiphers(option, ciphers, (name) => !isOf13(name), advice);
  if (tls13Ciphers !== undefined) checkCiphers(option13, tls13Ciphers, isOf13, advice13);
  return { ciphers: list };
}

/** Commas and blanks separate, too. */
function listOf(text: string): readonly string[] {
  return text.split(/[:, ]+/).filter((name) => name !== '');
}

function checkCiphers(option: string, text: string, isRight: (name: string) => boolean, advice: string): void {
  const list = listOf(text);
  try {
    const isWhole = list.length > 0 && list.every(isRight);
    if (isWhole && tlsConnectLayer({ ciphers: list, dangerouslyAcceptAnyCertificate: true })) return;
  } catch (cause) {
    throw new CliError(`${option} ${text}: OpenSSL knows none of these cipher suites`, EXIT.badCipher, { cause });
  }
  throw new CliError(`${option} ${text}: ${advice}`, EXIT.badCipher);
}
