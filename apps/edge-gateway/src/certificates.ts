import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CertificateFiles } from '@lamella/tls';
import { certificateFiles, openCertificateAuthority } from '@lamella/tls';

/** Options of {@link openCertificates}. */
export interface OpenCertificatesOptions {
  readonly checkEveryMs: number;
  readonly onReload: () => void;
  readonly onError: (error: unknown) => void;
}

/**
 * Loads every `NAME.pem` of a folder that has a `NAME.key` beside it, and again when they change. For a host that has none, an authority of
 * this machine makes one: it stands in `ca.pem`, for those who shall trust it.
 */
export async function openCertificates(
  folder: string,
  hosts: readonly string[],
  options: OpenCertificatesOptions,
): Promise<CertificateFiles> {
  const authority = await openCertificateAuthority(folder, { subject: { commonName: 'Edge gateway of this machine' } });
  const known = await namesIn(folder);
  for (const host of hosts.filter((name) => !known.includes(name))) {
    const { cert, key } = await authority.issue({ names: [host] });
    await writeFile(join(folder, `${host}.key`), key, { mode: 0o600 });
    await writeFile(join(folder, `${host}.pem`), cert);
  }
  const files = (await namesIn(folder)).map((name) => ({
    certPath: join(folder, `${name}.pem`),
    keyPath: join(folder, `${name}.key`),
  }));
  // Who asks for a name that nobody serves here gets no certificate at all.
  return certificateFiles(files, { ...options, fallback: 'none' });
}

async function namesIn(folder: string): Promise<readonly string[]> {
  const files = await readdir(folder);
  const names = files.filter((file) => file.endsWith('.pem')).map((file) => file.slice(0, -'.pem'.length));
  return names.filter((name) => files.includes(`${name}.key`));
}
