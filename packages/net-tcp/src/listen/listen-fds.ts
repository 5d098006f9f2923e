import { UsageError } from '@lamella/service-core';
import { ListenError } from '../errors.ts';
import type { SocketListener, SocketListenerOptions } from './server-listener.ts';
import { openListener } from './server-listener.ts';

/** Options of {@link listenFds}. */
export interface ListenFdsOptions extends SocketListenerOptions {
  /** Where `LISTEN_PID`, `LISTEN_FDS` and `LISTEN_FDNAMES` are. Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** A listener on a descriptor that the process was started with. */
export interface InheritedListener {
  /** Name from `LISTEN_FDNAMES`, or `'unknown'`. */
  readonly name: string;
  /** Listens on it already. */
  readonly listener: SocketListener;
}

/**
 * Listens on the sockets that systemd hands over (socket activation): descriptors 3 and up.
 *
 * @returns The listeners in order; none if the process was not started that way, or the sockets are meant for another one.
 * @throws ListenError if a descriptor is not a listening socket.
 */
export async function listenFds(options: ListenFdsOptions = {}): Promise<readonly InheritedListener[]> {
  const { env = process.env } = options;
  const count = countOf(env['LISTEN_FDS']);
  if (count === 0 || env['LISTEN_PID'] !== String(process.pid)) return [];
  const names = env['LISTEN_FDNAMES']?.split(':') ?? [];
  const listeners: InheritedListener[] = [];
  for (let index = 0; index < count; index++) {
    const name = names[index] || 'unknown';
    try {
      listeners.push({ name, listener: await openListener({ fd: FIRST_FD + index }, undefined, options) });
    } catch (error) {
      for (const { listener } of listeners) await listener.close(); // nobody else could
      throw toDescriptorError(error, FIRST_FD + index, name);
    }
  }
  return listeners;
}

function toDescriptorError(error: unknown, fd: number, name: string): unknown {
  if (error instanceof UsageError) return error;
  const message = `descriptor ${fd} (${name}) is not a socket that can be listened on`;
  return new ListenError('LML_ERR_LISTEN_NO_DESCRIPTORS', message, { cause: error });
}

function countOf(text: string | undefined): number {
  if (text === undefined || text === '') return 0;
  if (/^[0-9]{1,4}$/.test(text)) return Number(text);
  throw new ListenError('LML_ERR_LISTEN_NO_DESCRIPTORS', `LISTEN_FDS must be a number, got ${JSON.stringify(text)}`);
}

const FIRST_FD = 3;
