import type { Server } from 'node:net';
import { connect, createServer, Socket } from 'node:net';

/** What the kernel was told about TCP_NODELAY, for each TCP socket of the process. */
export interface NoDelaySpy {
  /** Handles of the sockets that were made since, dialled or accepted, in the order in which they were told. */
  readonly told: ReadonlyMap<object, boolean>;
  /** Stops looking. */
  restore(): void;
}

/**
 * Looks at the handles below Node's sockets, where an option that was lost on its way does not arrive.
 *
 * @remarks
 * Node gives no way to read the option back from the kernel.
 */
export async function spyOnNoDelay(): Promise<NoDelaySpy> {
  const prototype = await handlePrototype();
  const original = prototype.setNoDelay;
  const told = new Map<object, boolean>();
  prototype.setNoDelay = function setNoDelay(this: object, isOn: boolean): number {
    told.set(this, isOn);
    return original.call(this, isOn);
  };
  return {
    told,
    restore() {
      prototype.setNoDelay = original;
    },
  };
}

interface TcpHandle {
  setNoDelay(isOn: boolean): number;
}

async function handlePrototype(): Promise<TcpHandle> {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const socket = connect(portOf(server), '127.0.0.1').on('error', () => {});
  const { _handle: handle } = socket as unknown as { _handle: TcpHandle }; // Node's own
  const prototype = Object.getPrototypeOf(handle) as TcpHandle;
  await new Promise((resolve) => socket.once('close', resolve).resume());
  server.close();
  if (typeof prototype.setNoDelay !== 'function' || !(socket instanceof Socket)) {
    throw new Error('this Node keeps TCP_NODELAY elsewhere');
  }
  return prototype;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return address.port;
}
