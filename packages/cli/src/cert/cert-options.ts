import { tryParseDomain, tryParseIp } from '@lamella/net-core';
import { InvalidArgumentError } from 'commander';

/** A number of days, as milliseconds. */
export function daysOption(text: string): number {
  if (!/^[1-9][0-9]{0,4}$/.test(text)) throw new InvalidArgumentError('write a number of days from 1 to 99999');
  return Number(text) * DAY_MS;
}

/** How many authorities may stand below. */
export function pathLengthOption(text: string): number {
  if (!/^(?:0|[1-9][0-9]?|100)$/.test(text)) throw new InvalidArgumentError('write a number from 0 to 100');
  return Number(text);
}

/** What people see of an authority. */
export function authorityNameOption(text: string): string {
  if (!/^[^\p{Cc}]{1,64}$/u.test(text)) throw new InvalidArgumentError('write 1 to 64 characters');
  return text;
}

/** A host name, or a wildcard of one, any number of times. */
export function dnsOption(text: string, names: readonly string[] = []): readonly string[] {
  const parent = tryParseDomain(text.startsWith('*.') ? text.slice(2) : text);
  if (parent === undefined || (text.startsWith('*.') && !parent.name.includes('.'))) {
    throw new InvalidArgumentError('write a host name such as shop.test, or *.shop.test');
  }
  return [...names, text];
}

/** An IP address, any number of times. */
export function ipOption(text: string, addresses: readonly string[] = []): readonly string[] {
  const address = tryParseIp(text);
  if (address === undefined || address.zone !== undefined)
    throw new InvalidArgumentError('write an IP address such as 127.0.0.1 or ::1');
  return [...addresses, text];
}

/** Names and addresses of `--dns` and `--ip`; those of this machine if there are none. */
export function namesOf({ dns = [], ip = [] }: NameOptions): readonly string[] {
  return dns.length + ip.length === 0 ? ['localhost', '127.0.0.1', '::1'] : [...dns, ...ip];
}

/** What `--dns` and `--ip` say. */
export interface NameOptions {
  readonly dns?: readonly string[];
  readonly ip?: readonly string[];
}

const DAY_MS = 86_400_000;
