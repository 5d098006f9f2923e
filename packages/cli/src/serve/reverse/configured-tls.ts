import { resolve } from 'node:path';
import type { TlsConfig, UpstreamTlsConfig } from '../../config/reverse-config.ts';
import type { ServerTlsSettings } from '../../tls/server-tls.ts';
import type { UpstreamTlsSettings } from '../../tls/upstream-tls.ts';

/** How the server speaks TLS. @param folder - Of the file, from which paths in it start. */
export function serverTlsOf(config: TlsConfig, folder: string): ServerTlsSettings {
  const { certificates = [], authority, clientCa = [], minVersion, maxVersion } = config;
  const at = (path: string): string => resolve(folder, path);
  return {
    certificates: certificates.map(({ cert, key = cert, passphrase, names, ocsp }) => ({
      certPath: at(cert),
      keyPath: at(key),
      ...(passphrase === undefined ? {} : { passphrase }),
      ...(names === undefined ? {} : { names }),
      ...(ocsp === undefined ? {} : { ocspPath: at(ocsp) }),
    })),
    authority: authority === undefined ? undefined : at(authority),
    clientCa: clientCa.map(at),
    ...(minVersion === undefined ? {} : { minVersion }),
    ...(maxVersion === undefined ? {} : { maxVersion }),
  };
}

/** How upstreams are spoken to. @param folder - Of the file, from which paths in it start. */
export function upstreamTlsOf(config: UpstreamTlsConfig, folder: string): UpstreamTlsSettings {
  const { ca = [], cert, key, passphrase, pins, dangerouslyAcceptAnyCertificate = false } = config;
  const at = (path: string): string => resolve(folder, path);
  return {
    ca: ca.map(at),
    cert: cert === undefined ? undefined : at(cert),
    key: key === undefined ? undefined : at(key),
    passphrase,
    pins,
    insecure: dangerouslyAcceptAnyCertificate,
  };
}
