import type { Host, IpAddress } from '@lamella/net-core';
import { tryParseIp } from '@lamella/net-core';

/**
 * Whether a list of hosts as in `NO_PROXY` names a host: it is reached directly then.
 *
 * @remarks
 * As curl has it. The list is separated by commas, blanks or both; `*` alone means everybody. A name matches itself and what
 * ends in it after a dot (`example.com` matches `www.example.com`), a dot in front or behind changes nothing, nor does case.
 * An address is matched by the same address or by a block of them (`10.0.0.0/8`, `fd00::/8`), never by a part of its text.
 * There are no ports, no brackets and no patterns: an entry with one of them matches nothing. `/0` is no block but the address itself.
 */
export function isInNoProxy(list: string, host: Host): boolean {
  if (list === '*') return true;
  const entries = list.split(/[, \t]+/).filter((entry) => entry !== '');
  if (host.type === 'ip') return entries.some((entry) => matchesAddress(entry, host));
  const name = withoutDotBehind(host.name).toLowerCase();
  return entries.some((entry) => matchesName(entry.toLowerCase(), name));
}

function matchesName(entry: string, name: string): boolean {
  const withoutEnd = withoutDotBehind(entry);
  const suffix = withoutEnd.startsWith('.') ? withoutEnd.slice(1) : withoutEnd;
  return name === suffix || name.endsWith(`.${suffix}`);
}

function matchesAddress(entry: string, ip: IpAddress): boolean {
  const slash = entry.indexOf('/');
  const base = tryParseIp(slash < 0 ? entry : entry.slice(0, slash));
  if (base === undefined || base.zone !== undefined || base.family !== ip.family) return false;
  const size = base.bytes.length * 8;
  const bits = slash < 0 ? 0 : Number(/^[0-9]{1,9}/.exec(entry.slice(slash + 1))?.[0] ?? 0);
  return bits <= size && hasPrefix(ip, base, bits === 0 ? size : bits);
}

/** Bits of the entry behind its prefix don't matter, unlike those of a `Cidr`. */
function hasPrefix(ip: IpAddress, base: IpAddress, bits: number): boolean {
  return base.bytes.every((byte, index) => {
    const left = Math.min(8, Math.max(0, bits - index * 8));
    const mask = (0xff << (8 - left)) & 0xff;
    return ((byte ^ (ip.bytes[index] ?? 0)) & mask) === 0;
  });
}

function withoutDotBehind(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name;
}
