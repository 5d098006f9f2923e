import { readFile } from 'node:fs/promises';
import type { Address, Connection } from '@lamella/net-core';
import type { Layer, Lifecycle } from '@lamella/service-core';
import type { CertificateFile, CertificateSource, TlsVersion } from '@lamella/tls';
import { certificateFiles, clientHelloLayer, sessionTicketKeys, TlsMaterialError, tlsAcceptLayer } from '@lamella/tls';
import { fileProblem } from '../cli-error.ts';
import { checkedRoots } from './checked-roots.ts';
import { developmentCertificates } from './development-certificates.ts';
import { plainHttpRefusal } from './plain-http-refusal.ts';

/** How a server speaks TLS. */
export interface ServerTlsSettings {
  /** Certificates in files; none: the development authority makes them. */
  readonly certificates: readonly CertificateFile[];
  /** Folder of that authority; `undefined`: that of `lamella cert ca`. */
  readonly authority: string | undefined;
  /** Files with the authorities of clients; none: clients need no certificate. */
  readonly clientCa: readonly string[];
  readonly minVersion?: TlsVersion;
  readonly maxVersion?: TlsVersion;
}

/** What TLS needs to know of the server around it. */
export interface ServerTlsParts {
  readonly bind: Address;
  /** Protocols to agree on, the preferred one first; none: ALPN takes no part. */
  readonly alpn: readonly string[];
  /** Where handshakes take part in draining. */
  readonly lifecycle: Lifecycle;
  /** Says something to whoever runs the server. */
  readonly note: (line: string) => void;
}

/** TLS of a server, which can be changed while it runs. */
export interface ServerTls {
  readonly layer: Layer<Connection, void>;
  /** Takes other settings, or the same files anew, for the next handshakes. @throws if they can't be used; then nothing has changed. */
  readonly change: (settings: ServerTlsSettings) => Promise<void>;
  /** Looks at files no more. */
  readonly close: () => void;
}

/** @throws TlsMaterialError if certificates, keys or authorities can't be read or used. */
export async function openServerTls(settings: ServerTlsSettings, parts: ServerTlsParts): Promise<ServerTls> {
  const ticketKeys = sessionTicketKeys(); // sessions outlive a change of certificates
  const make = async (wanted: ServerTlsSettings): Promise<Made> => {
    const { clientCa, minVersion, maxVersion } = wanted;
    const roots = await Promise.all(clientCa.map(readAuthority));
    const { source, close } = await certificatesOf(wanted, parts);
    try {
      const layer = tlsAcceptLayer({
        certificates: source,
        alpn: parts.alpn,
        lifecycle: parts.lifecycle,
        // Who was let in by authorities of before must not get in again by a session.
        ...(roots.length === 0 ? { ticketKeys } : { clientAuth: { mode: 'require', roots } }),
        ...(minVersion === undefined ? {} : { minVersion }),
        ...(maxVersion === undefined ? {} : { maxVersion }),
      });
      return { layer, close };
    } catch (error) {
      close();
      throw error;
    }
  };
  let current = await make(settings);
  const hello = clientHelloLayer({ notTls: plainHttpRefusal, lifecycle: parts.lifecycle });
  return {
    layer: (inner) => hello({ serve: (connection) => current.layer(inner).serve(connection) }),
    async change(wanted) {
      const next = await make(wanted);
      current.close();
      current = next;
    },
    close: () => current.close(),
  };
}

interface Made {
  readonly layer: Layer<Connection, void>;
  readonly close: () => void;
}

async function certificatesOf(
  { certificates, authority }: ServerTlsSettings,
  { bind, note }: ServerTlsParts,
): Promise<{ readonly source: CertificateSource; readonly close: () => void }> {
  if (certificates.length === 0) {
    return { source: await developmentCertificates({ folder: authority, bind, note }), close() {} };
  }
  const files = await certificateFiles(certificates, {
    onError: (error) =>
      note(`a certificate stays as it was: ${error instanceof Error ? error.message : String(error)}`),
    onReload: () => note('new certificates are shown from now on'),
  });
  return { source: files, close: () => files.close() };
}

async function readAuthority(path: string): Promise<string> {
  let roots: string;
  try {
    roots = await readFile(path, 'utf8');
  } catch (cause) {
    throw new TlsMaterialError(`${path} can't be read: ${fileProblem(cause)}`, { cause });
  }
  return checkedRoots(roots, path);
}
