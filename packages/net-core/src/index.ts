// Bytes

export type { ByteCounts, CountedByteStream } from './bytes/byte-counts.ts';
export { countBytes } from './bytes/byte-counts.ts';
export { ByteCursor } from './bytes/byte-cursor.ts';
export type {
  ByteSink,
  ByteStream,
  CloseInfo,
  DetachedSocket,
  Pausable,
  ReadOptions,
} from './bytes/byte-stream.ts';
export { consumeStream } from './bytes/consume-stream.ts';
export type { ReadOrigin } from './bytes/read-side.ts';
export { ReadSide } from './bytes/read-side.ts';

// Addresses

export type { Address, TcpAddress, UnixAddress } from './address/address.ts';
export { formatAddress, parseAddress, socketAddress } from './address/address.ts';
export type { AddressSet } from './address/address-set.ts';
export { addressSet } from './address/address-set.ts';
export type { Authority } from './address/authority.ts';
export {
  defaultPort,
  formatAuthority,
  isValidAuthority,
  parseAuthority,
  tryParseAuthority,
} from './address/authority.ts';
export { Cidr, parseCidr, tryParseCidr } from './address/cidr.ts';
export { clientNetwork } from './address/client-network.ts';
export { Domain, parseDomain, tryParseDomain } from './address/domain.ts';
export type { Host } from './address/host.ts';
export { formatHost, parseHost, tryParseHost } from './address/host.ts';
export { IpAddress, parseIp, tryParseIp } from './address/ip-address.ts';
export type { IpScope } from './address/ip-scope.ts';
export { ipScope } from './address/ip-scope.ts';

// Connections, and how to come by them

export { AcceptQueue } from './connection/accept-queue.ts';
export { afterFirstMoment } from './connection/after-first-moment.ts';
export { byteCountLayer } from './connection/byte-count-layer.ts';
export { closeGently } from './connection/close-gently.ts';
export type { ConnectDurations } from './connection/connect-timings.ts';
export { addConnectTimings, ConnectTimings } from './connection/connect-timings.ts';
export type { Connection, ConnectionOptions, UpgradedConnection } from './connection/connection.ts';
export { createConnection, isUpgraded } from './connection/connection.ts';
export type { Connector, ConnectRequest, ConnectRequestInit } from './connection/connector.ts';
export { connectRequest } from './connection/connector.ts';
export { connectorFromConnections } from './connection/connector-from-connections.ts';
export type { FirstBytesDrainOptions } from './connection/first-bytes-drain.ts';
export { FirstBytesDrain } from './connection/first-bytes-drain.ts';
export type { TlsFacts } from './connection/keys.ts';
export {
  AlpnSelected,
  ConnectionBytes,
  ConnectionId,
  LocalAddress,
  nextConnectionId,
  PeerAddress,
  ServerName,
  TlsSession,
  ViaProxies,
} from './connection/keys.ts';
export { LingeringClose } from './connection/lingering-close.ts';
export type { Listener } from './connection/listener.ts';
export type {
  ResolvedAddresses,
  ResolveRequest,
  ResolveRequestOptions,
  Resolver,
} from './connection/resolver.ts';
export { resolvedAddresses, resolveRequest } from './connection/resolver.ts';
export type { ServeListenerOptions } from './connection/serve-listener.ts';
export { serveListener } from './connection/serve-listener.ts';

// Names

export type { CachingResolver, CachingResolverGauges, CachingResolverOptions } from './resolve/caching-resolver.ts';
export { cachingResolver } from './resolve/caching-resolver.ts';
export type { FollowedName, FollowNameOptions } from './resolve/follow-name.ts';
export { followName } from './resolve/follow-name.ts';
export type { OverrideTable } from './resolve/override-resolver.ts';
export { overrideResolver } from './resolve/override-resolver.ts';

// Where connections may go

export type { DialBackoffErrorOptions } from './dial-limit/dial-backoff-error.ts';
export { DialBackoffError } from './dial-limit/dial-backoff-error.ts';
export type { DialLimitLayer, DialLimitOptions } from './dial-limit/dial-limit-layer.ts';
export { dialLimitLayer } from './dial-limit/dial-limit-layer.ts';
export type {
  EgressPolicy,
  EgressPolicyOptions,
  EgressRule,
  EgressVerdict,
} from './egress/egress-policy.ts';
export { egressPolicy } from './egress/egress-policy.ts';
export type { EgressDecision, EgressPolicyLayerOptions } from './egress/egress-policy-layer.ts';
export { egressPolicyLayer } from './egress/egress-policy-layer.ts';

// Looking and joining

export { isAnyOf, isProxyProtocol, isSocks5, isTls, startsWith } from './peek/detectors.ts';
export type { PeekOptions, PeekOutcome, PeekVerdict } from './peek/peek.ts';
export { peek } from './peek/peek.ts';
export type { ProtocolDetector, ProtocolRoute, ProtocolRouterOptions } from './peek/protocol-router.ts';
export { protocolRouter } from './peek/protocol-router.ts';
export type { RelayOptions, RelayOutcome, RelayReason } from './relay/relay.ts';
export { relay } from './relay/relay.ts';

// What is known of connections, and limits of them

export type { GeoFacts, GeoLayerOptions } from './geo/geo-layer.ts';
export { geoLayer, PeerGeo } from './geo/geo-layer.ts';
export { streamTimeoutLayer } from './stream-timeout/stream-timeout-layer.ts';
export type { StreamTimeoutOptions } from './stream-timeout/timeout-stream.ts';
export { timeoutStream } from './stream-timeout/timeout-stream.ts';
export type { BandwidthBudgetOptions, BandwidthTurn } from './throttle/bandwidth-budget.ts';
export { BandwidthBudget } from './throttle/bandwidth-budget.ts';
export { throttleLayer } from './throttle/throttle-layer.ts';
export type { ThrottleOptions } from './throttle/throttle-stream.ts';
export { throttleStream } from './throttle/throttle-stream.ts';

// PROXY protocol

export { crc32c } from './codec/proxy-protocol/crc32c.ts';
export type { ProxyProtocolVerdict } from './codec/proxy-protocol/decode-proxy-protocol.ts';
export { decodeProxyProtocol } from './codec/proxy-protocol/decode-proxy-protocol.ts';
export type { EncodeProxyProtocolOptions } from './codec/proxy-protocol/encode-proxy-protocol.ts';
export { encodeProxyProtocol } from './codec/proxy-protocol/encode-proxy-protocol.ts';
export type { ProxyProtocolFactsValue, ProxyProtocolSsl } from './codec/proxy-protocol/proxy-protocol-facts.ts';
export { proxyProtocolFacts } from './codec/proxy-protocol/proxy-protocol-facts.ts';
export type { ProxyProtocolHeader, ProxyProtocolTlv } from './codec/proxy-protocol/proxy-protocol-header.ts';
export { PROXY_TLV } from './codec/proxy-protocol/proxy-protocol-header.ts';
export { ProxyPeerAddress, ProxyProtocolFacts } from './proxy-protocol/keys.ts';
export type { ProxyProtocolAcceptOptions } from './proxy-protocol/proxy-protocol-accept-layer.ts';
export { proxyProtocolAcceptLayer } from './proxy-protocol/proxy-protocol-accept-layer.ts';
export type { ProxyProtocolConnectOptions } from './proxy-protocol/proxy-protocol-connect-layer.ts';
export { proxyProtocolConnectLayer } from './proxy-protocol/proxy-protocol-connect-layer.ts';

// Adapters

export type { ChunkTarget, DuplexByteStreamOptions } from './adapters/duplex-byte-stream.ts';
export { byteStreamFromDuplex } from './adapters/duplex-byte-stream.ts';
export type { NodeDuplexOptions } from './adapters/node-duplex.ts';
export { duplexFromByteStream } from './adapters/node-duplex.ts';
export type { WebStreamPair } from './adapters/web-streams.ts';
export { byteStreamFromWebStreams, webStreamsFromByteStream } from './adapters/web-streams.ts';

// Networks in memory

export type { LinkConditions } from './memory/link-conditions.ts';
export type { MemoryConnectorOptions } from './memory/memory-connector.ts';
export type { NameFailure } from './memory/memory-names.ts';
export type {
  MemoryNetwork,
  MemoryNetworkOptions,
  NetworkEvent,
} from './memory/memory-network.ts';
export { memoryNetwork } from './memory/memory-network.ts';
export type { MemoryPipeOptions } from './memory/memory-pipe.ts';
export { memoryPipe } from './memory/memory-pipe.ts';
export type { NumberRange } from './memory/random.ts';

// What is open

export type { OpenResource, TrackedResource } from './ledger/ledger.ts';
export { openResources, resources, trackResource } from './ledger/ledger.ts';

// Errors

export type {
  AddressErrorCode,
  ConnectErrorCode,
  ConnectErrorDomain,
  ConnectErrorOptions,
  ConnectPhase,
  HandshakeErrorCode,
  ProxyProtocolErrorCode,
  StreamErrorCode,
} from './errors.ts';
export { AddressError, ConnectError, ProxyProtocolError, StreamError, toStreamError } from './errors.ts';
