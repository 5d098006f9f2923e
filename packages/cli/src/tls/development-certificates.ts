import { existsSync } from 'node:fs';
import { homedir, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { Address } from '@lamella/net-core';
import type { CertificateAuthority, CertificateSource, IssuedCertificate } from '@lamella/tls';
import { certificateIssuer, openCertificateAuthority, TlsMaterialError } from '@lamella/tls';
import { authorityFolder } from '../cert/authority-folder.ts';
import { authorityProblem } from '../cert/authority-problem.ts';

/** What certificates for development are made for. */
export interface DevelopmentCertificatesInit {
  /** Folder of the authority; `undefined`: that of `lamella cert ca`. */
  readonly folder: string | undefined;
  /** Where the server listens: what clients ask for that name no host. */
  readonly bind: Address;
  /** Says something to whoever runs the server. */
  readonly note: (line: string) => void;
}

/**
 * Certificates that the development authority makes when clients ask for them; the authority is made if there is none.
 *
 * @throws TlsMaterialError if the authority can't be used.
 */
export async function developmentCertificates(init: DevelopmentCertificatesInit): Promise<CertificateSource> {
  const { folder = authorityFolder({ env: process.env, home: homedir() }), bind, note } = init;
  const certPath = join(folder, 'ca.pem');
  const isNew = !existsSync(certPath);
  const subject = { commonName: 'Lamella development CA' };
  const authority = await openCertificateAuthority(folder, { subject }).catch((cause: unknown) => {
    throw new TlsMaterialError(authorityProblem(folder, cause), { cause });
  });
  note(`certificates come from ${isNew ? 'a new' : 'the'} development authority; clients have to trust ${certPath}`);
  const issuer = certificateIssuer({ authority });
  const unnamed = withoutName(authority, namesOf(bind));
  return { certificateFor: (serverName) => (serverName === undefined ? unnamed() : issuer.certificateFor(serverName)) };
}

/** One certificate for all who name no host, as clients do that were given an address. */
function withoutName(authority: CertificateAuthority, names: readonly string[]): () => Promise<IssuedCertificate> {
  let made: Promise<IssuedCertificate> | undefined;
  let renewAtMs = 0;
  return () => {
    if (made === undefined || Date.now() >= renewAtMs) {
      renewAtMs = Date.now() + RENEW_AFTER_MS;
      made = authority.issue({ names });
    }
    return made;
  };
}

function namesOf(bind: Address): readonly string[] {
  const own = ['localhost', '127.0.0.1', '::1'];
  if (bind.type === 'unix') return own;
  const host = bind.host.toString();
  if (host !== '0.0.0.0' && host !== '::') return [...new Set([...own, host])];
  const addresses = Object.values(networkInterfaces()).flatMap((list = []) => list.map(({ address }) => address));
  return [...new Set([...own, ...addresses.filter((address) => !address.includes('%'))])];
}

/** Two thirds of the time that they are good. */
const RENEW_AFTER_MS = 60 * 86_400_000;
