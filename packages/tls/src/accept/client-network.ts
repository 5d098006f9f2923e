import type { Address } from '@lamella/net-core';

/**
 * Where a client comes from, as far as it can't choose that: its IPv4 address, or the network of its IPv6 address (/64), within which everybody has
 * as many addresses as they like.
 *
 * @returns The same text for the same network; an empty one for clients without an address, such as those of Unix sockets.
 */
export function clientNetwork(address: Address | undefined): string {
  if (address?.type !== 'tcp') return '';
  const { host } = address;
  if (host.type === 'domain') return host.toString();
  const ip = host.unmapped();
  return ip.family === 4 ? ip.text : ip.bytes.subarray(0, 8).join('.');
}
