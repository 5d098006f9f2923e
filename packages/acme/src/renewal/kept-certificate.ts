import { createHash } from 'node:crypto';
import type { AcmeCertificate } from '../client/obtained-certificate.ts';
import { obtainedCertificate } from '../client/obtained-certificate.ts';
import { AcmeError } from '../errors.ts';
import { isFields } from '../messages/optional-fields.ts';
import type { AcmeStorage } from '../storage/acme-storage.ts';

/**
 * Reads the certificate for names that was kept.
 *
 * @returns `undefined` if there is none, or it has expired.
 * @throws AcmeError `LML_ERR_ACME_STORAGE` if what is kept is none.
 */
export async function loadCertificate(
  storage: AcmeStorage,
  names: readonly string[],
  nowMs: number,
): Promise<AcmeCertificate | undefined> {
  const name = nameOf(names);
  const text = await storage.load(name);
  if (text === undefined) return undefined;
  try {
    const kept: unknown = JSON.parse(text);
    const { cert, key } = isFields(kept) ? kept : {};
    if (typeof cert !== 'string' || typeof key !== 'string') throw new Error('it has no certificate or no key');
    const certificate = obtainedCertificate(cert, key, names, 0);
    return certificate.validToMs > nowMs ? certificate : undefined;
  } catch (cause) {
    throw new AcmeError('LML_ERR_ACME_STORAGE', `what is kept as ${name} is no certificate for ${names.join(', ')}`, {
      cause,
    });
  }
}

/** Keeps a certificate. */
export async function storeCertificate(
  storage: AcmeStorage,
  names: readonly string[],
  { cert, key }: AcmeCertificate,
): Promise<void> {
  await storage.store(nameOf(names), JSON.stringify({ names, cert, key }));
}

/** The same for the same names in whatever order. */
function nameOf(names: readonly string[]): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([...names].sort()))
    .digest('hex');
  return `certificate-${digest.slice(0, 16)}`;
}
