import type { ByteCounts, CloseInfo, Connection } from '@lamella/net-core';
import { ConnectionBytes, countBytes, LocalAddress, PeerAddress, ServerName, TlsSession } from '@lamella/net-core';
import type { Attributes } from '@opentelemetry/api';
import { ATTR } from '../shared/names.ts';
import { addLocal, addPeer } from '../shared/network-attributes.ts';

/** `network.*` and `tls.*`, as far as they are known of a connection. */
export function connectionAttributes({ extensions }: Pick<Connection, 'extensions'>): Attributes {
  const attributes: Attributes = {};
  const peer = extensions.get(PeerAddress);
  const local = extensions.get(LocalAddress);
  attributes[ATTR.transport] = (peer ?? local)?.type ?? 'tcp';
  addPeer(attributes, peer);
  addLocal(attributes, local);
  const tls = extensions.get(TlsSession);
  if (tls === undefined) return attributes;
  attributes[ATTR.tlsProtocolName] = 'tls';
  attributes[ATTR.tlsProtocolVersion] = tls.version.replace(/^TLSv/, '');
  attributes['tls.cipher'] = tls.cipher;
  if (tls.isResumed !== undefined) attributes[ATTR.tlsResumed] = tls.isResumed;
  const serverName = extensions.get(ServerName);
  if (serverName !== undefined) attributes['tls.client.server_name'] = serverName;
  return attributes;
}

/** A connection whose bytes are counted, by us or by whoever does so already; and its end, also if TLS takes the socket over. */
export function countedConnection<Counted extends Connection>(
  connection: Counted,
): { connection: Counted; counts: ByteCounts; ended: Promise<CloseInfo> } {
  const { stream, counts, ended } = countBytes(connection.stream);
  // The same connection over another stream: its store, all that tells the kinds apart, stays.
  const counted = connection.withStream(stream) as Counted;
  return { connection: counted, counts: connection.extensions.get(ConnectionBytes) ?? counts, ended };
}
