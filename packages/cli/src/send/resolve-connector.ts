import type { Connector, Resolver } from '@lamella/net-core';
import { parseAuthority, parseDomain, parseIp } from '@lamella/net-core';
import { staticResolver, systemResolver, tcpConnector } from '@lamella/net-tcp';
import { CliError, EXIT, messageOf } from '../cli-error.ts';

/**
 * A connector that knows the addresses of some names at some ports, and asks the system for all others.
 *
 * @param entries - `host:port:address[,address...]`.
 * @throws CliError if an entry is none.
 */
export function resolveConnector(entries: readonly string[], connectTimeoutMs: number): Connector {
  const tables = new Map<number, Record<string, readonly string[]>>();
  for (const entry of entries) {
    const { host, port, addresses } = parsed(entry);
    tables.set(port, { ...tables.get(port), [host]: addresses });
  }
  const byPort = new Map(
    Array.from(tables, ([port, table]) => [port, connectorWith(staticResolver(table, systemResolver()))]),
  );
  const usual = connectorWith(systemResolver());
  return {
    serve(request) {
      const port = request.target.type === 'tcp' ? request.target.port : -1;
      return (byPort.get(port) ?? usual).serve(request);
    },
  };

  function connectorWith(resolver: Resolver): Connector {
    return tcpConnector({ connectTimeoutMs, resolver });
  }
}

interface ResolveEntry {
  readonly host: string;
  readonly port: number;
  readonly addresses: readonly string[];
}

function parsed(entry: string): ResolveEntry {
  const match = /^([^:]+):([0-9]{1,5}):(.+)$/.exec(entry);
  const [, host = '', port = '', addresses = ''] = match ?? [];
  try {
    return {
      host: parseDomain(host).name,
      port: parseAuthority(`${host}:${port}`).port ?? 0,
      addresses: addresses.split(',').map((address) => parseIp(address.replace(/^\[(.*)\]$/, '$1')).toString()),
    };
  } catch (error) {
    throw new CliError(`--resolve ${entry}: write host:port:address (${messageOf(error)})`, EXIT.usage);
  }
}
