import { UsageError } from '@lamella/service-core';
import { checkPair } from './check-pair.ts';
import { NameTable } from './name-table.ts';
import type { CertificateSource, ServerCertificate } from './server-certificate.ts';
import { namesOf } from './server-certificate.ts';

/** Options of {@link certificateStore}. */
export interface CertificateStoreOptions {
  /**
   * What clients get who ask for no name or for an unknown one. `first`: the first certificate; `none`: their handshake fails, as it has to
   * where names tell tenants apart. Default `'first'`.
   */
  readonly fallback?: 'first' | 'none';
}

/** Certificates of a server by name, which can be replaced while it runs. */
export interface CertificateStore extends CertificateSource {
  certificateFor(serverName: string | undefined): ServerCertificate | undefined;
  /**
   * Shows other certificates from the next handshake on; running handshakes and connections keep theirs.
   *
   * @throws TlsMaterialError if one can't be used, UsageError if there is none; the old ones stay then.
   */
  replace(certificates: readonly ServerCertificate[]): void;
}

/**
 * Keeps certificates and finds them by name: the exact name first, then the wildcard, then the fallback.
 *
 * @throws TlsMaterialError if a certificate and its key can't be used; UsageError if there is none, or a name is none.
 *
 * @example
 * // const store = certificateStore([{ cert, key }]);
 * // const server = stack(tlsAcceptLayer({ certificates: store }), echo);
 */
export function certificateStore(
  certificates: readonly ServerCertificate[],
  options: CertificateStoreOptions = {},
): CertificateStore {
  const { fallback = 'first' } = options;
  if (fallback !== 'first' && fallback !== 'none')
    throw new UsageError(`fallback must be first or none, got ${fallback}`);
  let current = tableOf(certificates);
  return {
    certificateFor(serverName) {
      const named = serverName === undefined ? undefined : current.table.get(serverName);
      return named ?? (fallback === 'first' ? current.first : undefined);
    },
    replace(replacing) {
      current = tableOf(replacing);
    },
  };
}

interface Certificates {
  readonly table: NameTable<ServerCertificate>;
  readonly first: ServerCertificate;
}

function tableOf(certificates: readonly ServerCertificate[]): Certificates {
  const [first] = certificates;
  if (first === undefined) throw new UsageError('a server needs a certificate');
  const table = new NameTable<ServerCertificate>();
  for (const certificate of certificates) {
    checkPair(certificate);
    for (const name of namesOf(certificate)) table.add(name, certificate);
  }
  return { table, first };
}
