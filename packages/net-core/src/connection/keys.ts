import type { ExtensionKey } from '@lamella/service-core';
import { extensionKey } from '@lamella/service-core';
import type { Address } from '../address/address.ts';
import type { ByteCounts } from '../bytes/byte-counts.ts';

/**
 * Number of a connection, which no other connection of this process has. Each that was accepted or dialled has one, also one that was dialled
 * through a proxy, whoever shares the way there; TLS on it and what it is upgraded to keep it.
 */
export const ConnectionId: ExtensionKey<number, 'connection'> = extensionKey('net/connection-id', {
  scope: 'connection',
});

/** Draws the value of {@link ConnectionId}. */
export function nextConnectionId(): number {
  return ++connectionCount;
}

let connectionCount = 0;

/** The other end of a connection. */
export const PeerAddress: ExtensionKey<Address, 'connection'> = extensionKey('net/peer-address', {
  scope: 'connection',
});

/** This end of a connection. */
export const LocalAddress: ExtensionKey<Address, 'connection'> = extensionKey('net/local-address', {
  scope: 'connection',
});

/** Name that the client asked for in its TLS handshake (SNI). */
export const ServerName: ExtensionKey<string, 'connection'> = extensionKey('net/server-name', {
  scope: 'connection',
  peerScoped: true,
});

/** Protocol that ALPN selected, such as `h2`. */
export const AlpnSelected: ExtensionKey<string, 'connection'> = extensionKey('net/alpn-selected', {
  scope: 'connection',
  peerScoped: true,
});

/** What is known of the TLS session of a connection. */
export interface TlsFacts {
  /** Protocol version, such as `TLSv1.3`. */
  readonly version: string;
  /** Name of the cipher suite. */
  readonly cipher: string;
  /** Whether it goes on with an earlier session, so that no certificates were exchanged. */
  readonly isResumed?: boolean;
}

/** Facts about the TLS session; absent on a connection in clear. */
export const TlsSession: ExtensionKey<TlsFacts, 'connection'> = extensionKey('net/tls-session', {
  scope: 'connection',
  peerScoped: true,
});

/**
 * The proxies that a dialled connection leads through by CONNECT, the nearest first; absent if there are none. One that gets whole requests
 * is not among them: it is the peer of the connection.
 */
export const ViaProxies: ExtensionKey<readonly Address[], 'connection'> = extensionKey('net/via-proxies', {
  scope: 'connection',
});

/** Bytes that went over the connection so far; live. Written by `byteCountLayer`. */
export const ConnectionBytes: ExtensionKey<ByteCounts, 'connection'> = extensionKey('net/connection-bytes', {
  scope: 'connection',
});
