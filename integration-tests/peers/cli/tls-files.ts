import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CertificateAuthority, IssueOptions } from '@lamella/tls';
import { certificateAuthority } from '@lamella/tls';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** An authority and what it has signed, in files that are gone when the test is over. */
export interface TlsFiles {
  readonly folder: string;
  readonly authority: CertificateAuthority;
  /** File with the certificate of the authority. */
  readonly ca: string;
  /** Certificate and key in one file. */
  readonly pem: (names: readonly string[], options?: Partial<IssueOptions>) => Promise<string>;
}

export async function tlsFiles(): Promise<TlsFiles> {
  const folder = temporaryFolder();
  const authority = await certificateAuthority({ subject: { commonName: 'Test CA' } });
  const ca = join(folder, 'ca.pem');
  writeFileSync(ca, authority.cert);
  let count = 0;
  return {
    folder,
    authority,
    ca,
    async pem(names, options = {}) {
      const { cert, key } = await authority.issue({ names, ...options });
      const path = join(folder, `${count++}.pem`);
      writeFileSync(path, cert + key);
      return path;
    },
  };
}
