import { type Server, Socket, type SocketConstructorOpts } from 'node:net';
import { SocketReader } from '../socket/socket-reader.ts';

/** A socket that was accepted, and how it is read. */
export interface AcceptedSocket {
  readonly socket: Socket;
  /** `undefined` where the socket is read by its `data` events. */
  readonly reader: SocketReader | undefined;
}

/** How sockets are read: by shared memory where Node allows it, or by `data` events. */
export type ReadMode = 'shared-memory' | 'data-events';

/**
 * Calls `onSocket` for each connection that a listening server accepts.
 *
 * @remarks
 * Reading accepted sockets into shared memory is 1.1 to 1.8 times as fast as `data` events, but Node has the option (`onread`) for
 * dialled sockets only. So the handle of the connection is taken before Node makes a socket of it, by members of Node that are not
 * documented. Where one of them is not as expected, Node's own way is taken.
 */
export function onAccept(server: Server, mode: ReadMode, onSocket: (accepted: AcceptedSocket) => void): void {
  server.on('connection', (socket) => onSocket({ socket, reader: undefined }));
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
    else onSocket(accepted);
  };
}

/** Makes a socket of a connection's handle. @returns `undefined` if this Node does not do it that way. */
function adopt(handle: unknown): AcceptedSocket | undefined {
  const reader = new SocketReader();
  const options = { handle, onread: reader.options, allowHalfOpen: true, manualStart: true };
  const socket = new Socket(options as SocketConstructorOpts); // `handle` and `manualStart` are what Node itself passes
  return (socket as unknown as { _handle?: unknown })._handle === handle ? { socket, reader } : undefined;
}

interface ListeningHandle {
  onconnection?: (this: ListeningHandle, error: number, client: unknown) => void;
}
