import type { Clock, Layer, Lifecycle } from '@lamella/service-core';
import { systemClock, UsageError } from '@lamella/service-core';
import type { Address } from '../address/address.ts';
import { addressSet } from '../address/address-set.ts';
import type { Cidr } from '../address/cidr.ts';
import { decodeProxyProtocol } from '../codec/proxy-protocol/decode-proxy-protocol.ts';
import { proxyProtocolFacts } from '../codec/proxy-protocol/proxy-protocol-facts.ts';
import type { ProxyProtocolHeader } from '../codec/proxy-protocol/proxy-protocol-header.ts';
import { V1_MAX_BYTES } from '../codec/proxy-protocol/proxy-protocol-header.ts';
import { closeGently } from '../connection/close-gently.ts';
import type { Connection } from '../connection/connection.ts';
import { LocalAddress, PeerAddress } from '../connection/keys.ts';
import { ProxyProtocolError } from '../errors.ts';
import { FirstBytes } from '../peek/first-bytes.ts';
import { ProxyPeerAddress, ProxyProtocolFacts } from './keys.ts';

/** Options of {@link proxyProtocolAcceptLayer}. */
export interface ProxyProtocolAcceptOptions {
  /** Who is believed: addresses, blocks of them, and `'unix'` for whoever can reach a Unix socket. Nobody else ever is. */
  readonly trustedPeers: readonly (string | Cidr)[];
  /**
   * `required`: a connection without a header is refused, and so is one of a peer that is not trusted. `optional`: both are served as they
   * are, and a header of a stranger stays what it is, bytes of the protocol inside. Default `'required'`.
   */
  readonly mode?: 'required' | 'optional';
  /** Versions that are taken. Default both. */
  readonly versions?: readonly (1 | 2)[];
  /** Longest wait for the whole header, in milliseconds, greater than 0. Default 5_000. */
  readonly timeoutMs?: number;
  /** Longest header, in bytes, an integer from 107 to 65_551. Default 4_096. */
  readonly maxBytes?: number;
  /** Where connections that have said nothing take part in draining: they are closed. Default: nowhere. */
  readonly lifecycle?: Lifecycle;
  /** Source of timers. Default: the system clock. */
  readonly clock?: Clock;
}

/**
 * Takes a PROXY protocol header off the front of each connection, and says who the client really is.
 *
 * @remarks
 * Belongs before everything else on a connection, TLS too. Afterwards `PeerAddress` and `LocalAddress` are what the header says, for all
 * layers inside and for every request; the proxy's own address is kept as `ProxyPeerAddress`, and the TLVs as `ProxyProtocolFacts`. A header
 * without addresses (`LOCAL`, `UNKNOWN`) changes no address. No byte behind the header is lost, however it was cut.
 *
 * A connection that ends before its first byte, as health checks do it, is nothing to complain about; nor is one that has said nothing when
 * the `lifecycle` drains: it is closed. Every other one that can't be served is reset.
 *
 * @throws UsageError at construction if an option is out of its range. The service rejects with ProxyProtocolError for a header that is
 * wrong, missing, or of somebody who is not trusted, and with TimeoutError (`timeoutMs`) for one that does not come.
 *
 * @example
 * const server = stack(
 *   proxyProtocolAcceptLayer({ trustedPeers: ['10.0.0.0/8'] }),
 *   serviceFn(async ({ extensions, stream }: Connection) => {
 *     console.log(extensions.get(PeerAddress));
 *     await stream.closeWrite();
 *   }),
 * );
 */
export function proxyProtocolAcceptLayer(options: ProxyProtocolAcceptOptions): Layer<Connection, void> {
  const { trustedPeers, mode = 'required', versions = [1, 2], timeoutMs = 5_000, maxBytes = 4_096 } = options;
  const { lifecycle, clock = systemClock } = options;
  const trusted = addressSet('trustedPeers', trustedPeers);
  if (mode !== 'required' && mode !== 'optional')
    throw new UsageError(`mode must be required or optional, got ${mode}`);
  if (versions.length === 0) throw new UsageError('versions must name 1, 2 or both');
  if (!(timeoutMs > 0)) throw new UsageError(`timeoutMs must be > 0, got ${timeoutMs}`);
  if (!Number.isInteger(maxBytes) || maxBytes < V1_MAX_BYTES || maxBytes > 65_551) {
    throw new UsageError(`maxBytes must be an integer from 107 to 65551, got ${maxBytes}`);
  }
  const refuse = (code: 'LML_ERR_PROXY_PROTOCOL_UNTRUSTED' | 'LML_ERR_PROXY_PROTOCOL_MISSING', why: string): never => {
    throw new ProxyProtocolError(code, why);
  };

  return (inner) => ({
    async serve(connection) {
      const { stream, extensions, scope } = connection;
      const peer = extensions.get(PeerAddress);
      if (!trusted.has(peer)) {
        if (mode === 'optional') return inner.serve(connection);
        stream.destroy(new ProxyProtocolError('LML_ERR_PROXY_PROTOCOL_UNTRUSTED', 'the peer is not a trusted proxy'));
        return refuse('LML_ERR_PROXY_PROTOCOL_UNTRUSTED', 'a connection of a peer that is not a trusted proxy');
      }
      let header: ProxyProtocolHeader | 'none' | 'end';
      try {
        header = await readHeader(connection, { timeoutMs, maxBytes, lifecycle, clock });
        if (header === 'none' && mode === 'required') {
          refuse('LML_ERR_PROXY_PROTOCOL_MISSING', 'a trusted proxy sent no PROXY protocol header');
        }
        if (typeof header === 'object' && !versions.includes(header.version)) {
          throw new ProxyProtocolError(
            'LML_ERR_PROXY_PROTOCOL_BAD_VERSION',
            `version ${header.version} of the PROXY protocol is not taken here`,
          );
        }
      } catch (error) {
        stream.destroy(scope.aborted ? scope.reason : error);
        throw error;
      }
      if (header === 'end') return closeGently(stream, clock);
      if (header !== 'none') note(connection, peer, header);
      return inner.serve(connection);
    },
  });
}

function note({ extensions }: Connection, peer: Address | undefined, header: ProxyProtocolHeader): void {
  extensions.insert(ProxyProtocolFacts, proxyProtocolFacts(header));
  if (peer !== undefined) extensions.insert(ProxyPeerAddress, peer);
  if (header.source !== undefined) extensions.insert(PeerAddress, plain(header.source));
  if (header.destination !== undefined) extensions.insert(LocalAddress, plain(header.destination));
}

/** Proxies that speak IPv6 write IPv4-mapped addresses; everywhere else they are shown as what they are. */
function plain(address: Address): Address {
  return address.type === 'tcp' && address.host.type === 'ip' ? { ...address, host: address.host.unmapped() } : address;
}

interface ReadOptions {
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly lifecycle: Lifecycle | undefined;
  readonly clock: Clock;
}

/** Reads the header; what is none, and what comes behind it, is put back. `end`: nothing will come. */
async function readHeader(
  { stream, scope }: Connection,
  { timeoutMs, maxBytes, lifecycle, clock }: ReadOptions,
): Promise<ProxyProtocolHeader | 'none' | 'end'> {
  const { signal } = scope;
  signal.throwIfAborted();
  const first = new FirstBytes({ phase: 'proxy-protocol', timeoutMs, clock, signal, lifecycle });
  let seen: Uint8Array = new Uint8Array(0);
  try {
    for (;;) {
      const chunk = await stream.read({ signal: first.signal });
      if (chunk === undefined) {
        if (seen.length === 0) return 'end';
        throw new ProxyProtocolError(
          'LML_ERR_PROXY_PROTOCOL_UNEXPECTED_END',
          `the connection ended after ${seen.length} bytes of a PROXY protocol header`,
        );
      }
      first.begin();
      seen = seen.length === 0 ? chunk : joined(seen, chunk);
      const verdict = decodeProxyProtocol(seen, maxBytes);
      if (verdict.type === 'more') continue;
      const rest = verdict.type === 'header' ? seen.subarray(verdict.byteCount) : seen;
      if (rest.length > 0) stream.unread(rest);
      return verdict.type === 'header' ? verdict.header : 'none';
    }
  } catch (error) {
    if (first.wasLetGo) return 'end';
    throw error;
  } finally {
    first.end();
  }
}

/** A header is a few kilobytes at most: joining it anew for each piece is bounded by that. */
function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(one.length + other.length);
  bytes.set(one);
  bytes.set(other, one.length);
  return bytes;
}
