import { tryParseDomain, tryParseIp } from '@lamella/net-core';
import { UsageError } from '@lamella/service-core';

/** Finds values by host name: the exact name first, then the wildcard of one label, such as `*.example.com`. */
export class NameTable<Value> {
  readonly #exact = new Map<string, Value>();
  readonly #wildcards = new Map<string, Value>();

  /** Adds a value; the first one under a name stays. @throws UsageError if it is no name. */
  add(name: string, value: Value): void {
    const parsed = parseName(name);
    if (parsed === undefined)
      throw new UsageError(`${JSON.stringify(name)} is neither a host name nor a wildcard of one`);
    const table = parsed.isWildcard ? this.#wildcards : this.#exact;
    if (!table.has(parsed.host)) table.set(parsed.host, value);
  }

  /** @returns The value for a host, or `undefined`. */
  get(host: string): Value | undefined {
    const name = host.toLowerCase().replace(/\.$/, '');
    const dot = name.indexOf('.');
    return this.#exact.get(name) ?? (dot < 1 ? undefined : this.#wildcards.get(name.slice(dot + 1)));
  }
}

/** Whether a {@link NameTable} takes a name. */
export function isTableName(name: string): boolean {
  return parseName(name) !== undefined;
}

function parseName(name: string): { readonly host: string; readonly isWildcard: boolean } | undefined {
  const isWildcard = name.startsWith('*.');
  const host = isWildcard ? tryParseDomain(name.slice(2)) : (tryParseDomain(name) ?? tryParseIp(name));
  return host === undefined ? undefined : { host: host.toString(), isWildcard };
}
