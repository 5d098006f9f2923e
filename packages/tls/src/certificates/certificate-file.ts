import { readFile } from 'node:fs/promises';
import { getSystemErrorMessage } from 'node:util';
import { isLamellaError } from '@lamella/service-core';
import { TlsMaterialError } from '../errors.ts';
import { checkPair } from './check-pair.ts';
import { UNUSABLE_PAIR } from './key-pair.ts';
import type { ServerCertificate } from './server-certificate.ts';
import { namesOf } from './server-certificate.ts';

/** Where a certificate and its key are kept. */
export interface CertificateFile {
  /** File with the certificate and the intermediates above it, in this order, as PEM. */
  readonly certPath: string;
  /** File with the private key, as PEM; the same file is fine. */
  readonly keyPath: string;
  /** Opens the key, if it is encrypted. */
  readonly passphrase?: string;
  /** Names that it is shown for. Default: the ones that the certificate has. */
  readonly names?: readonly string[];
  /** File with the OCSP response to staple, as DER. Default: none is stapled. */
  readonly ocspPath?: string;
}

/** One certificate in files, as it was when it could be used last. */
export class LoadedCertificate {
  readonly #file: CertificateFile;
  #seen: readonly Buffer[];
  #wasReadable = true;
  #current: ServerCertificate;

  private constructor(file: CertificateFile, content: readonly Buffer[]) {
    this.#file = file;
    this.#seen = content;
    this.#current = certificateOf(file, content);
  }

  /** @throws TlsMaterialError if the files can't be read or used. */
  static async load(file: CertificateFile): Promise<LoadedCertificate> {
    return new LoadedCertificate(file, await contentOf(file));
  }

  /** The same object as long as the files have not changed. */
  get current(): ServerCertificate {
    return this.#current;
  }

  /**
   * Looks at the files again.
   *
   * @returns Whether there is another certificate now.
   * @throws TlsMaterialError if what they hold now can't be read or used; the certificate stays then. Says so once, as long as it stays so.
   */
  async refresh(): Promise<boolean> {
    const content = await this.#read();
    if (content === undefined) return false;
    if (isSame(content, this.#seen)) return false;
    this.#seen = content;
    this.#current = certificateOf(this.#file, content);
    return true;
  }

  async #read(): Promise<readonly Buffer[] | undefined> {
    try {
      const content = await contentOf(this.#file);
      this.#wasReadable = true;
      return content;
    } catch (error) {
      if (!this.#wasReadable) return undefined;
      this.#wasReadable = false;
      throw error;
    }
  }
}

async function contentOf({ certPath, keyPath, ocspPath }: CertificateFile): Promise<readonly Buffer[]> {
  const paths = [certPath, keyPath, ...(ocspPath === undefined ? [] : [ocspPath])];
  return Promise.all(
    paths.map(async (path) => {
      try {
        return await readFile(path);
      } catch (error) {
        const why =
          error instanceof Error && 'errno' in error ? getSystemErrorMessage(Number(error.errno)) : String(error);
        throw new TlsMaterialError(`${path} can't be read: ${why}`, { cause: error });
      }
    }),
  );
}

/** @throws TlsMaterialError if the files can't be used. */
function certificateOf(file: CertificateFile, [cert, key, ocspResponse]: readonly Buffer[]): ServerCertificate {
  const { certPath, keyPath, passphrase, names } = file;
  const made: ServerCertificate = {
    cert: cert ?? '',
    key: key ?? '',
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(names === undefined ? {} : { names }),
    ...(ocspResponse === undefined ? {} : { ocspResponse }),
  };
  try {
    checkPair(made);
    namesOf(made);
    return made;
  } catch (error) {
    const why = isLamellaError(error) ? error.message.replace(UNUSABLE_PAIR, '') : String(error);
    const files = certPath === keyPath ? certPath : `${certPath} and ${keyPath}`;
    throw new TlsMaterialError(`${files} can't be used: ${why}`, { cause: error });
  }
}

function isSame(left: readonly Buffer[], right: readonly Buffer[]): boolean {
  return left.length === right.length && left.every((content, index) => right[index]?.equals(content) === true);
}
