import type { Layer } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import type { Address } from '../address/address.ts';
import { encodeProxyProtocol } from '../codec/proxy-protocol/encode-proxy-protocol.ts';
import type { ProxyProtocolTlv } from '../codec/proxy-protocol/proxy-protocol-header.ts';
import type { Connection } from '../connection/connection.ts';
import type { ConnectRequest } from '../connection/connector.ts';
import { LocalAddress, PeerAddress } from '../connection/keys.ts';

/** Options of {@link proxyProtocolConnectLayer}. */
export interface ProxyProtocolConnectOptions {
  /** Version of the header, 1 or 2. Default 2. */
  readonly version?: 1 | 2;
  /** Whether a version 2 header carries a checksum. Default `true`. */
  readonly checksum?: boolean;
  /** What else a version 2 header says of a connection. Default: nothing. */
  readonly tlvs?: (request: ConnectRequest) => readonly ProxyProtocolTlv[];
  /**
   * Who the connection is for.
   *
   * @remarks
   * Default: the client of the request that wants the connection, where it has one (`PeerAddress` and `LocalAddress` of its store).
   *
   * @returns `undefined` if it is for nobody else: the header then says so (`LOCAL`, or `UNKNOWN`).
   */
  readonly addresses?: (
    request: ConnectRequest,
  ) => { readonly source: Address; readonly destination: Address } | undefined;
}

/**
 * Puts a PROXY protocol header in front of each connection that is made.
 *
 * @remarks
 * The header goes out as soon as the connection stands, before anybody else writes, TLS too. It belongs to one client: use it where each
 * client gets a connection of its own, such as a relay or a tunnel. The connections of a pool are made for no request, and say `LOCAL`.
 *
 * @throws UsageError at construction if an option makes no sense.
 *
 * @example
 * const connector = stack(proxyProtocolConnectLayer({ version: 2 }), tcpConnector());
 */
export function proxyProtocolConnectLayer(
  options: ProxyProtocolConnectOptions = {},
): Layer<ConnectRequest, Connection> {
  const { version = 2, checksum = true, tlvs = () => [], addresses = clientOf } = options;
  if (version !== 1 && version !== 2) throw new UsageError(`version must be 1 or 2, got ${version}`);
  if (version === 1 && options.tlvs !== undefined) throw new UsageError('version 1 has no tlvs');

  const headerOf = (request: ConnectRequest): Uint8Array => {
    const found = addresses(request);
    const extra = { version, tlvs: tlvs(request) };
    const isUnix = found?.source.type === 'unix' && found.destination.type === 'unix';
    if (found === undefined || (version === 1 && isUnix)) {
      return encodeProxyProtocol({ ...extra, command: 'local', transport: 'unspecified' }, { checksum });
    }
    const transport = isUnix ? 'unix-stream' : 'tcp';
    return encodeProxyProtocol({ ...extra, ...found, command: 'proxy', transport }, { checksum });
  };
  return (inner) => ({
    async serve(request) {
      const header = headerOf(request); // before anything is dialled: what it can't say is no reason to connect
      const connection = await inner.serve(request);
      try {
        await connection.stream.write([header]);
      } catch (error) {
        connection.stream.destroy(error);
        throw error;
      }
      return connection;
    },
  });
}

function clientOf({ extensions }: ConnectRequest): ReturnType<NonNullable<ProxyProtocolConnectOptions['addresses']>> {
  const [source, destination] = [extensions.get(PeerAddress), extensions.get(LocalAddress)];
  if (source === undefined || destination === undefined || source.type !== destination.type) return undefined;
  return { source, destination };
}
