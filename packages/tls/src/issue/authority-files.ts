import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TlsMaterialError } from '../errors.ts';
import type { CertificateAuthority, CertificateAuthorityOptions } from './certificate-authority.ts';
import { authorityOf, certificateAuthority } from './certificate-authority.ts';
import { IssuingAuthority } from './issuing-authority.ts';
import { privateKeyOf } from './signing-key.ts';
import { writeOnce } from './write-once.ts';

/** An authority as it is kept. */
export interface CertificateAuthorityMaterial {
  /** Its certificate, then those of the authorities above it, as PEM. */
  readonly cert: string;
  /** Its private key, as PEM. */
  readonly key: string;
  /** Opens the key, if it is encrypted. */
  readonly passphrase?: string;
}

/** Options of {@link openCertificateAuthority}. */
export interface OpenCertificateAuthorityOptions extends CertificateAuthorityOptions {
  /** Makes the authority, if there is none in the folder. Default true. */
  readonly create?: boolean;
}

/**
 * Takes an authority that exists.
 *
 * @throws TlsMaterialError if the certificate or the key can't be read, the certificate is none of an authority, or they don't belong
 * together.
 */
export function loadCertificateAuthority(material: CertificateAuthorityMaterial): CertificateAuthority {
  const { cert, key, passphrase } = material;
  return authorityOf(new IssuingAuthority(cert, privateKeyOf(key, passphrase)));
}

/**
 * Takes the authority that is kept in a folder; makes it, and the folder, if there is none.
 *
 * @remarks
 * `ca-key.pem` has its private key and its certificate, `ca.pem` the certificate alone, for those who shall trust it. Only the user may read
 * the key: whoever has it can pretend to be every server to those who trust the authority. A key that others can read is refused. Of several
 * processes that make one at the same time, one wins, and all use that one.
 *
 * @throws TlsMaterialError if there is none and `create` is false, others may read the key, or the files can't be used; UsageError if an
 * option is out of its range; errors of the file system as they are.
 *
 * @example
 * const authority = await openCertificateAuthority('/home/ann/.config/lamella/ca');
 * console.log(authority.cert); // for those who shall trust it
 */
export async function openCertificateAuthority(
  folder: string,
  options: OpenCertificateAuthorityOptions = {},
): Promise<CertificateAuthority> {
  const path = join(folder, KEY_FILE);
  const known = await readAuthority(path);
  if (known !== undefined) return known;
  if (options.create === false) throw new TlsMaterialError(`there is no authority in ${folder}`);
  const made = await certificateAuthority(options);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const isFirst = await writeOnce(path, made.key + made.cert, 0o600);
  const authority = isFirst ? made : await readAuthority(path);
  if (authority === undefined) throw new TlsMaterialError(`the authority in ${folder} is gone again`);
  await writeOnce(join(folder, CERTIFICATE_FILE), authority.cert, 0o644);
  return authority;
}

async function readAuthority(path: string): Promise<CertificateAuthority | undefined> {
  try {
    const { mode } = await stat(path);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new TlsMaterialError(
        `others than the user may read ${path}; make it private (chmod 600), or throw the authority away`,
      );
    }
    const text = await readFile(path, 'utf8');
    return loadCertificateAuthority({ cert: text, key: text });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

const KEY_FILE = 'ca-key.pem';
const CERTIFICATE_FILE = 'ca.pem';
