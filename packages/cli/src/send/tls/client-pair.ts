import { existsSync } from 'node:fs';
import type { KeyPair } from '@lamella/tls';
import { CliError, EXIT } from '../../cli-error.ts';
import { readOption } from './read-option.ts';
import type { TlsWords } from './tls-words.ts';

/** The certificate of one's own. */
export interface ClientPairOptions {
  /** `file`, or `file:passphrase`. */
  readonly cert?: string;
  readonly key?: string;
  readonly pass?: string;
}

/** Reads certificate and key. @throws CliError with curl's code 58 if that can't be done. */
export function clientPair({ cert, key, pass }: ClientPairOptions, words: TlsWords): KeyPair | undefined {
  if (cert === undefined) {
    if (key !== undefined) throw new CliError(`${words('key')} needs ${words('cert')}`, EXIT.usage);
    return undefined;
  }
  const [path, typed] = existsSync(cert) ? [cert, undefined] : splitPassphrase(cert);
  const passphrase = pass ?? typed;
  return {
    cert: readOption(path, EXIT.badCertificate, words('cert')),
    key: readOption(key ?? path, EXIT.badCertificate, words('key')),
    ...(passphrase === undefined ? {} : { passphrase }),
  };
}

/** `file:passphrase`, in which `\:` is a colon of the file's name, as in curl. */
function splitPassphrase(text: string): readonly [path: string, passphrase: string | undefined] {
  const [, path = text, passphrase] = /^((?:\\.|[^:\\])+)(?::(.*))?$/s.exec(text) ?? [];
  return [path.replaceAll('\\:', ':'), passphrase];
}
