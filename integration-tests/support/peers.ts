import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { TestContext } from 'vitest';
import { beforeEach } from 'vitest';

/** Programs of others that tests talk to; `.ci/run` installs all of them. */
export type Peer =
  | 'chromium'
  | 'curl'
  | 'h2load'
  | 'haproxy'
  | 'hey'
  | 'nghttp'
  | 'nghttpx'
  | 'nginx'
  | 'openssl'
  | 'pebble'
  | 'python3-grpcio'
  | 'redis-server'
  | 'script'
  | 'slowhttptest'
  | 'socat'
  | 'wrk';

/**
 * Skips the test, with one line that says why, if a program is not installed. Under `LAMELLA_REQUIRE_PEERS=1` the test fails
 * instead: a machine that is meant to have the peers must not pass by skipping.
 */
export function requirePeer(context: TestContext, peer: Peer): void {
  if (isInstalled(peer)) return;
  const note = `${peer} is not installed`;
  if (process.env['LAMELLA_REQUIRE_PEERS'] === '1') throw new Error(`${note}, and LAMELLA_REQUIRE_PEERS=1 asks for it`);
  context.skip(note);
}

/** {@link requirePeer} for every test of a file or a `describe`. */
export function usePeers(...peers: readonly Peer[]): void {
  beforeEach((context) => {
    for (const peer of peers) requirePeer(context, peer);
  });
}

/** Where a program stands. @throws Error if it is not installed. */
export function peerPath(peer: Peer): string {
  const path = findPeer(peer);
  if (path === undefined) throw new Error(`${peer} is not installed`);
  return path;
}

function isInstalled(peer: Peer): boolean {
  return findPeer(peer) !== undefined;
}

function findPeer(peer: Peer): string | undefined {
  // A module of the distribution's Python, which another Python on the PATH does not have.
  if (peer === 'python3-grpcio') return existsSync(PYTHON_GRPC) ? '/usr/bin/python3' : undefined;
  return SEARCH_PATH.map((folder) => join(folder, peer)).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

const PYTHON_GRPC = '/usr/lib/python3/dist-packages/grpc';

/** Servers of a distribution stand in folders that a user's PATH may lack. */
const SEARCH_PATH: readonly string[] = [
  ...(process.env['PATH'] ?? '').split(delimiter),
  '/usr/sbin',
  '/usr/local/sbin',
];

/** The PATH on which peers are looked for and run. */
export const PEER_PATH: string = SEARCH_PATH.join(delimiter);
