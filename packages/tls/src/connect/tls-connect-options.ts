import type { ConnectRequest } from '@lamella/net-core';
import { UsageError } from '@lamella/service-core';
import type { KeyPair } from '../certificates/key-pair.ts';
import type { TrustRoots } from '../certificates/trust-roots.ts';
import type { TlsOptions } from '../shared/tls-options.ts';
import { checkAlpn, checkTlsOptions } from '../shared/tls-options.ts';

/** Options of `tlsConnectLayer`. */
export interface TlsConnectOptions extends TlsOptions {
  /** Who may sign certificates of servers. An empty list trusts nobody, so that `pins` alone decide. Default `'default'`. */
  readonly roots?: TrustRoots | readonly TrustRoots[];
  /**
   * Pins of keys, as `spkiPin` writes them: one of them has to be in the chain of the server, which has to be good all the same. With
   * empty `roots` it has to be the key of the certificate itself. Default: no pin is asked for.
   */
  readonly pins?: readonly string[];
  /**
   * Whose key a pin may be. `'chain'`: that of the server's certificate, or of whoever has signed it, up to the root, each step proved by its
   * signature. `'leaf'`: that of the server's certificate alone, as curl has it. Default `'chain'`.
   */
  readonly pinScope?: 'chain' | 'leaf';
  /** Lists of revoked certificates, as PEM, one for each issuer of a chain. Default: none are looked at. */
  readonly revocationLists?: readonly (string | Uint8Array)[];
  /**
   * The certificate of this side, for servers that ask for one: the same for all, or chosen for each request. The function should give the
   * same object again for the same certificate: sessions go on only then. Default: none.
   */
  readonly clientCertificate?: KeyPair | ((request: ConnectRequest) => KeyPair | undefined);
  /**
   * Certificates of this side by the host of the target: `example.com`, `*.example.com` or an IP address. They go before
   * `clientCertificate`. Default: none.
   */
  readonly clientCertificates?: Readonly<Record<string, KeyPair>>;
  /**
   * Who the server has to be, where that is not the host of the target: a host name or an IP address; `undefined` for the default.
   * Default: the host of the target; for a Unix socket the `serverName` of the request.
   */
  readonly identity?: (request: ConnectRequest) => string | undefined;
  /** Whether to tell the server which name it is asked for (SNI). Default true. */
  readonly sendServerName?: boolean;
  /** Protocols to offer by ALPN if the request offers none, the preferred one first. Default: none. */
  readonly alpn?: readonly string[];
  /** Whether the server has to choose one of the protocols that are offered. Default false: it may choose none. */
  readonly requireAlpn?: boolean;
  /** Most sessions that are kept for resumption, one for each identity, an integer from 0, which keeps none. Default 256. */
  readonly maxSessions?: number;
  /** Whether to ask for an OCSP response, which is then found as `OcspResponse`. Default false. */
  readonly requestOcsp?: boolean;
  /**
   * Whether the server has to staple an OCSP response that says that its certificate is good: signed by the issuer, or in its name, and
   * not out of date. A session that goes on was judged when it began, a day before at most. Default false.
   */
  readonly requireOcsp?: boolean;
  /** Takes every server for the right one, whatever it shows: whoever is on the way can read and change all. Default false. */
  readonly dangerouslyAcceptAnyCertificate?: boolean;
  /** Takes a good certificate for any name: whoever has one for any name can be every server. Default false. */
  readonly dangerouslySkipNameCheck?: boolean;
}

/** Checks options of `tlsConnectLayer`. @throws UsageError if one is out of its range, or two don't go together. */
export function checkTlsConnectOptions(options: TlsConnectOptions): void {
  checkTlsOptions(options);
  const { roots, pins, alpn = [], maxSessions = 256, requireAlpn = false } = options;
  if (options.requireOcsp === true && options.dangerouslyAcceptAnyCertificate === true) {
    throw new UsageError('requireOcsp asks for a good certificate, dangerouslyAcceptAnyCertificate for any');
  }
  checkAlpn(alpn);
  if (!Number.isSafeInteger(maxSessions) || maxSessions < 0) {
    throw new UsageError(`maxSessions must be an integer >= 0, got ${maxSessions}`);
  }
  const { pinScope = 'chain' } = options;
  if (pinScope !== 'chain' && pinScope !== 'leaf')
    throw new UsageError(`pinScope must be chain or leaf, got ${pinScope}`);
  if (pins?.length === 0) throw new UsageError('pins must name at least one');
  const trustsNobody = Array.isArray(roots) && roots.length === 0;
  if (trustsNobody && pins === undefined && options.dangerouslyAcceptAnyCertificate !== true) {
    throw new UsageError('roots is empty and there are no pins: no server could be trusted');
  }
  if (typeof requireAlpn !== 'boolean') throw new UsageError(`requireAlpn must be true or false, got ${requireAlpn}`);
}
