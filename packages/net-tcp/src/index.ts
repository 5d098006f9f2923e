// Listening

export type { ConnectionLimits, ListenerGauges } from './listen/connection-limits.ts';
export type { InheritedListener, ListenFdsOptions } from './listen/listen-fds.ts';
export { listenFds } from './listen/listen-fds.ts';
export type { ListenTcpOptions } from './listen/listen-tcp.ts';
export { listenTcp } from './listen/listen-tcp.ts';
export type { ListenUnixOptions } from './listen/listen-unix.ts';
export { listenUnix } from './listen/listen-unix.ts';
export type { SocketListener, SocketListenerOptions } from './listen/server-listener.ts';
export type { ReadMode } from './socket/read-mode.ts';

// Datagrams

export type { BindUdpOptions } from './udp/bind-udp.ts';
export { bindUdp } from './udp/bind-udp.ts';
export type { ServeUdpOptions, UdpServing, UdpServingGauges } from './udp/serve-udp.ts';
export { serveUdp } from './udp/serve-udp.ts';
export type { UdpErrorCode } from './udp/udp-error.ts';
export { UdpError } from './udp/udp-error.ts';
export type { Datagram, UdpGauges, UdpSocket } from './udp/udp-socket.ts';

// Connecting

export type { HappyEyeballsOptions } from './connect/happy-eyeballs-connector.ts';
export { happyEyeballsConnector } from './connect/happy-eyeballs-connector.ts';
export type { SocketConnectorOptions } from './connect/socket-connector.ts';
export { socketConnector } from './connect/socket-connector.ts';
export type { TcpConnectorOptions } from './connect/tcp-connector.ts';
export { tcpConnector } from './connect/tcp-connector.ts';

// Names

export type { DnsResolverOptions } from './resolve/dns-resolver.ts';
export { dnsResolver } from './resolve/dns-resolver.ts';
export { staticResolver } from './resolve/static-resolver.ts';
export type { SystemResolverOptions } from './resolve/system-resolver.ts';
export { systemResolver } from './resolve/system-resolver.ts';

// The process

export type { DrainOnSignalOptions, DrainSignal, SignalSource } from './process/drain-on-signal.ts';
export { drainOnSignal } from './process/drain-on-signal.ts';

// Errors

export type { ListenErrorCode } from './errors.ts';
export { ListenError } from './errors.ts';
