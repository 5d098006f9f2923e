import type { ServerCertificate } from '@lamella/tls';
import { openCertificateAuthority } from '@lamella/tls';

/** A certificate for this machine, by an authority that stands in `ca.pem` of the folder, for those who shall trust it. */
export async function openCertificate(folder: string): Promise<ServerCertificate> {
  const authority = await openCertificateAuthority(folder, { subject: { commonName: 'Chat of this machine' } });
  return authority.issue({ names: ['localhost', '127.0.0.1', '::1'] });
}
