import type { BigIntStats } from 'node:fs';
import { chmodSync, existsSync, lstatSync, statSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import type { Address } from '@lamella/net-core';
import { formatAddress } from '@lamella/net-core';
import { isLamellaError, UsageError } from '@lamella/service-core';
import { ListenError, toListenError } from '../errors.ts';
import { isUnixPath } from '../socket/unix-path.ts';
import type { SocketListener, SocketListenerOptions } from './server-listener.ts';
import { openListener } from './server-listener.ts';

/** Options of {@link listenUnix}. */
export interface ListenUnixOptions extends SocketListenerOptions {
  /** Path of the socket file; a NUL in front names the abstract namespace of Linux, which has no file. */
  readonly path: string;
  /** Permissions of the socket file: who may connect. Default 0o600, the own user only. */
  readonly mode?: number;
}

/**
 * Listens on a Unix domain socket.
 *
 * @remarks
 * A socket file that nobody listens on any more is replaced; anything else in its place is left alone. The file has its permissions
 * from the start, and is removed when the listener closes.
 *
 * @throws ListenError saying what is in the way and what to do; UsageError if an option is out of its range.
 */
export async function listenUnix(options: ListenUnixOptions): Promise<SocketListener> {
  const { path, mode = 0o600 } = options;
  if (!(Number.isInteger(mode) && mode >= 0 && mode <= 0o777)) {
    throw new UsageError(`mode must be 0 to 0o777, got ${mode}`);
  }
  const address: Address = { type: 'unix', path };
  if (!isUnixPath(path)) {
    const message = `cannot listen on ${formatAddress(address)}: a path has 1 to 107 bytes and no NUL, got ${Buffer.byteLength(path)} bytes`;
    throw new ListenError('LML_ERR_LISTEN_BAD_PATH', message);
  }
  const isAbstract = path.startsWith('\0');
  // The file is made within the call, before it returns.
  const open = (): Promise<SocketListener> => openListener({ path }, address, options);
  if (isAbstract) return open();
  try {
    await removeStale(path, address);
    return await withMode(path, mode, open);
  } catch (error) {
    throw isLamellaError(error) ? error : toListenError(error, formatAddress(address)); // of the file system
  }
}

/** Makes the socket file with `mode` and nothing more. */
async function withMode(path: string, mode: number, open: () => Promise<SocketListener>): Promise<SocketListener> {
  // Only the main thread may set the mask of the process; it is set back in the same turn. The worker of a cluster has its file
  // made by another process, under the mask of that one.
  const before = isMainThread ? process.umask(0o777 & ~mode) : undefined;
  let opening: Promise<SocketListener>;
  try {
    opening = open();
  } finally {
    if (before !== undefined) process.umask(before);
  }
  const listener = await opening;
  try {
    if ((statSync(path).mode & 0o777) !== mode) chmodSync(path, mode);
    return listener;
  } catch (error) {
    await listener.close();
    throw error;
  }
}

async function removeStale(path: string, address: Address): Promise<void> {
  const where = formatAddress(address);
  const stats = statsOf(path);
  if (stats === undefined) {
    // The system would say "permission denied" of a directory that is not there.
    if (existsSync(dirname(path))) return;
    throw new ListenError('LML_ERR_LISTEN_BAD_PATH', `cannot listen on ${where}: the directory does not exist`);
  }
  if (!stats.isSocket()) {
    const message = `cannot listen on ${where}: there is something else than a socket; remove it or choose another path`;
    throw new ListenError('LML_ERR_LISTEN_BAD_PATH', message);
  }
  if (await isAlive(path)) {
    const message = `cannot listen on ${where}: something listens there already; stop it or choose another path`;
    throw new ListenError('LML_ERR_LISTEN_IN_USE', message);
  }
  // Somebody else may have replaced it while it was asked; a file that is not the same any more is in use.
  const now = statsOf(path);
  if (now?.ino === stats.ino && now.ctimeNs === stats.ctimeNs) unlinkSync(path);
}

function statsOf(path: string): BigIntStats | undefined {
  return lstatSync(path, { throwIfNoEntry: false, bigint: true });
}

/** Whether somebody answers. Only a refusal says for sure that nobody does, or that the file is gone. */
function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect({ path });
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'),
    );
  });
}
