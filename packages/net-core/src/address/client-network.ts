import type { Address } from './address.ts';

/**
 * Where a client comes from, as far as it can't choose that, for limits that hold for each client.
 *
 * @remarks
 * Whoever has IPv6 has a network of it (/64), and within that as many addresses as they like: one client could be any number of them.
 *
 * @returns A text: the IPv4 address, also of an IPv4-mapped one, or the network of an IPv6 address. Empty for a client without an address, such as
 * that of a Unix socket.
 *
 * @example
 * clientNetwork(parseAddress('[2001:db8::1]:5000')) === clientNetwork(parseAddress('[2001:db8::2]:5000')); // true
 */
export function clientNetwork(address: Address | undefined): string {
  if (address?.type !== 'tcp') return '';
  const { host } = address;
  if (host.type === 'domain') return host.toString();
  const ip = host.unmapped();
  return ip.family === 4 ? ip.text : `${Buffer.from(ip.bytes.subarray(0, 8)).toString('hex')}/64`;
}
