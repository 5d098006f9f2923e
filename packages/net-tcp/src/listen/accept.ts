import { type Server, Socket, type SocketConstructorOpts } from 'node:net';
import type { ReadMode } from '../socket/read-mode.ts';
import { readOptions } from '../socket/socket-reader.ts';

/**
 * Calls `onSocket` for each connection that a listening server accepts, and says how the socket may be read.
 *
 * @remarks
 * Reading accepted sockets into shared memory is 1.1 to 1.8 times as fast as `data` events, but Node has the option (`onread`) for
 * dialled sockets only. So the handle of the connection is taken before Node makes a socket of it, by members of Node that are not
 * documented. Where one of them is not as expected, Node's own way is taken.
 */
export function onAccept(server: Server, mode: ReadMode, onSocket: (socket: Socket, mode: ReadMode) => void): void {
  server.on('connection', (socket) => onSocket(socket, 'data-events'));
  const handle = (server as unknown as { _handle?: ListeningHandle })._handle;
  if (mode === 'data-events' || typeof handle?.onconnection !== 'function') return;

  const original = handle.onconnection;
  handle.onconnection = function onconnection(this: ListeningHandle, error: number, client: unknown): void {
    if (error !== 0 || client === undefined) {
      original.call(this, error, client);
      return;
    }
    const accepted = adopt(client);
    if (accepted === undefined) original.call(this, error, client);
    else onSocket(accepted, 'shared-memory');
  };
}

/** Makes a socket of a connection's handle. @returns `undefined` if this Node does not do it that way. */
function adopt(handle: unknown): Socket | undefined {
  const options = { handle, onread: readOptions, allowHalfOpen: true, manualStart: true };
  const socket = new Socket(options as SocketConstructorOpts); // `handle` and `manualStart` are what Node itself passes
  return (socket as unknown as { _handle?: unknown })._handle === handle ? socket : undefined;
}

interface ListeningHandle {
  onconnection?: (this: ListeningHandle, error: number, client: unknown) => void;
}
