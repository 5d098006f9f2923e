import type { IssuedCertificate } from '@lamella/tls';
import { certificateAuthority } from '@lamella/tls';
import { temporaryFile } from '../../../support/temporary-folder.ts';

/** A certificate for this machine, and who has signed it. */
export interface Credentials {
  readonly server: IssuedCertificate;
  /** Certificate of the authority, as PEM. */
  readonly roots: string;
}

/** Has an authority of our own sign a certificate for `localhost`, 127.0.0.1 and `names`. */
export async function credentialsFor(...names: readonly string[]): Promise<Credentials> {
  const authority = await certificateAuthority();
  const server = await authority.issue({ names: ['localhost', '127.0.0.1', ...names] });
  return { server, roots: authority.cert };
}

/** The same as files, for programs of others. They are gone when the test is over. */
export function credentialFiles({ server, roots }: Credentials): {
  readonly certPath: string;
  readonly keyPath: string;
  readonly rootsPath: string;
} {
  return {
    certPath: temporaryFile('cert.pem', server.cert),
    keyPath: temporaryFile('key.pem', server.key),
    rootsPath: temporaryFile('roots.pem', roots),
  };
}
