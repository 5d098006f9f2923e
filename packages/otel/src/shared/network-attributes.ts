import type { Address } from '@lamella/net-core';
import { formatHost } from '@lamella/net-core';
import type { Attributes } from '@opentelemetry/api';
import { ATTR } from './names.ts';

/** The host of an address as text, without brackets; the path of a Unix socket. */
export function addressText(address: Address): string {
  const known = texts.get(address);
  if (known !== undefined) return known;
  const text = address.type === 'unix' ? address.path : hostText(address.host);
  texts.set(address, text);
  return text;
}

/** A host as attributes have it: IPv6 addresses without brackets. */
export function hostText(host: Parameters<typeof formatHost>[0]): string {
  const text = formatHost(host);
  return text.startsWith('[') ? text.slice(1, -1) : text;
}

/** `network.peer.*` of the other end. */
export function addPeer(attributes: Attributes, peer: Address | undefined): void {
  if (peer === undefined) return;
  attributes[ATTR.peerAddress] = addressText(peer);
  if (peer.type === 'tcp') attributes[ATTR.peerPort] = peer.port;
}

/** `network.local.*` of this end. */
export function addLocal(attributes: Attributes, local: Address | undefined): void {
  if (local === undefined) return;
  attributes[ATTR.localAddress] = addressText(local);
  if (local.type === 'tcp') attributes[ATTR.localPort] = local.port;
}

/** `server.*` of what is gone to. */
export function addServer(attributes: Attributes, server: Address): void {
  attributes[ATTR.serverAddress] = addressText(server);
  if (server.type === 'tcp') attributes[ATTR.serverPort] = server.port;
}

/** The same object stands for all requests of a connection. */
const texts = new WeakMap<Address, string>();
