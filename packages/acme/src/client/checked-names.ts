import { tryParseDomain, tryParseIp } from '@lamella/net-core';
import { UsageError } from '@lamella/service-core';

/** Names as a certificate has them, each once. @throws UsageError if one is none, or there are none or more than 100. */
export function checkedNames(names: readonly string[]): readonly string[] {
  if (!Array.isArray(names) || names.length === 0 || names.length > MAX_NAMES) {
    throw new UsageError(`a certificate is for 1 to ${MAX_NAMES} names, got ${names?.length}`);
  }
  return [...new Set(names.map(checkedName))];
}

function checkedName(name: string): string {
  const isWildcard = name.startsWith('*.');
  const domain = tryParseDomain(isWildcard ? name.slice(2) : name)?.name;
  const address = isWildcard ? undefined : tryParseIp(name);
  const host = domain ?? (address?.zone === undefined ? address?.toString() : undefined);
  if (host !== undefined) return isWildcard ? `*.${host}` : host;
  throw new UsageError(`${JSON.stringify(name)} is neither a host name, a wildcard of one nor an IP address`);
}

const MAX_NAMES = 100;
