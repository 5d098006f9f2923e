import type { ByteCounts, Connection } from '@lamella/net-core';
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

/** A connection whose bytes are counted, by us or by whoever does so already. */
export function countedConnection<Counted extends Connection>(
  connection: Counted,
): { connection: Counted; counts: ByteCounts } {
  const known = connection.extensions.get(ConnectionBytes);
  if (known !== undefined) return { connection, counts: known };
  const { stream, counts } = countBytes(connection.stream);
  // The same connection over another stream: its store, all that tells the kinds apart, stays.
  return { connection: connection.withStream(stream) as Counted, counts };
}
