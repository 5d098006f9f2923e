import type { HttpClientOptions } from '@lamella/http';
import type { Host } from '@lamella/net-core';
import { tryParseHost } from '@lamella/net-core';
import { CliError, EXIT } from '../cli-error.ts';

/** One `--connect-to`; what is `undefined` matches everything, or stays as it is. */
interface ConnectToEntry {
  readonly fromHost: Host | undefined;
  readonly fromPort: number | undefined;
  readonly toHost: Host | undefined;
  readonly toPort: number | undefined;
}

/**
 * Where to connect to for an origin, as curl has it: the first entry that matches says so.
 *
 * @param entries - `host:port:host:port`, each of the four may be empty.
 * @throws CliError if an entry is none.
 */
export function connectTo(entries: readonly string[]): HttpClientOptions['connectTo'] {
  const parsed = entries.map(entryOf);
  return ({ host, port }) => {
    const entry = parsed.find(
      ({ fromHost = host, fromPort = port }) => textOf(fromHost) === textOf(host) && fromPort === port,
    );
    if (entry === undefined) return undefined;
    const { toHost = host, toPort = port } = entry;
    // As in curl, an entry that changes nothing makes no difference to proxies either.
    return textOf(toHost) === textOf(host) && toPort === port ? undefined : { type: 'tcp', host: toHost, port: toPort };
  };
}

function textOf(host: Host): string {
  return host.toString().toLowerCase();
}

function entryOf(text: string): ConnectToEntry {
  const [, fromHost = '', fromPort = '', toHost = '', toPort = ''] = ENTRY.exec(text) ?? [];
  const hosts = [fromHost, toHost].map((part) => (part === '' ? undefined : tryParseHost(part)));
  const ports = [fromPort, toPort].map((part) => (part === '' ? undefined : Number(part)));
  const isWrong =
    !ENTRY.test(text) ||
    (fromHost !== '' && hosts[0] === undefined) ||
    (toHost !== '' && hosts[1] === undefined) ||
    ports.some((port) => port !== undefined && !(port >= 1 && port <= 65_535));
  if (isWrong) throw new CliError(`--connect-to ${text}: write host:port:host:port, each may be empty`, EXIT.usage);
  return { fromHost: hosts[0], fromPort: ports[0], toHost: hosts[1], toPort: ports[1] };
}

const ENTRY = /^(\[[^\]]*\]|[^:]*):([0-9]{0,5}):(\[[^\]]*\]|[^:]*):([0-9]{0,5})$/;
