import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Address, Listener } from '@lamella/net-core';
import { formatAddress, memoryNetwork } from '@lamella/net-core';
import { listenTcp, listenUnix, tcpConnector } from '@lamella/net-tcp';
import type { HttpVersion } from '../../promises/support/http-version.ts';
import { overTls } from './over-tls.ts';
import type { Places } from './places.ts';

/** A kind of transport, under which whole programs run without knowing it. */
export interface Transport {
  readonly what: string;
  /** Version of HTTP that everybody speaks on it. */
  readonly version: HttpVersion;
  /** Opens a network of this kind, with nothing in it. */
  open(): Places;
}

/** A network in this process, without sockets. */
export const memory: Transport = { what: 'memory', version: 'HTTP/1.1', open: openMemory };
/** The same, by HTTP/2. */
export const memoryHttp2: Transport = { what: 'memory, by HTTP/2', version: 'HTTP/2', open: openMemory };
/** Sockets on this machine. */
export const tcp: Transport = { what: 'TCP', version: 'HTTP/1.1', open: openTcp };
/** The same, by HTTP/2. */
export const tcpHttp2: Transport = { what: 'TCP, by HTTP/2', version: 'HTTP/2', open: openTcp };
/** TLS around all that, with an authority of our own. */
export const memoryTls: Transport = {
  what: 'TLS in memory',
  version: 'HTTP/1.1',
  open: () => overTls(openMemory()),
};
/** The same, by HTTP/2. */
export const memoryTlsHttp2: Transport = {
  what: 'TLS in memory, by HTTP/2',
  version: 'HTTP/2',
  open: () => overTls(openMemory()),
};
/** On sockets OpenSSL reads and writes the socket itself. */
export const tcpTls: Transport = { what: 'TLS', version: 'HTTP/1.1', open: () => overTls(openTcp()) };
/** The same, by HTTP/2. */
export const tcpTlsHttp2: Transport = { what: 'TLS, by HTTP/2', version: 'HTTP/2', open: () => overTls(openTcp()) };

/** Every transport there is: the same services, suites and programs run on each of them. */
export const transports: readonly Transport[] = [
  memory,
  memoryHttp2,
  tcp,
  tcpHttp2,
  memoryTls,
  memoryTlsHttp2,
  tcpTls,
  tcpTlsHttp2,
  { what: 'Unix sockets', version: 'HTTP/1.1', open: openUnix },
];

function openMemory(): Places {
  const network = memoryNetwork();
  return { listen: async (name) => network.listen(name), connector: network.connector(), close() {} };
}

function openTcp(): Places {
  return places(
    () => listenTcp(),
    () => {},
  );
}

function openUnix(): Places {
  const folder = mkdtempSync(join(tmpdir(), 'lamella-'));
  return places(
    (name) => listenUnix({ path: join(folder, `${name.replaceAll(/[^a-z0-9.]/g, '-')}.sock`) }),
    () => rmSync(folder, { recursive: true }),
  );
}

/** Names for addresses that the system chose. */
function places(open: (name: string) => Promise<Listener>, close: () => void): Places {
  const sockets = tcpConnector();
  const addresses = new Map<string, Address>();
  return {
    async listen(name) {
      const listener = await open(name);
      addresses.set(name, listener.address);
      return listener;
    },
    connector: {
      serve: (request) => sockets.serve(request.withTarget(addresses.get(formatAddress(request.target)) ?? NOWHERE)),
    },
    close,
  };
}

/** Where nothing ever listens. */
const NOWHERE: Address = { type: 'unix', path: '/nonexistent/nowhere.sock' };
