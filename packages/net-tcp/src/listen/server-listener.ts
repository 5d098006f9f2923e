import type { ListenOptions, Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import type { Address, Connection, Listener } from '@lamella/net-core';
import { AcceptQueue, clientNetwork, formatAddress, socketAddress, trackResource } from '@lamella/net-core';
import { UsageError } from '@lamella/service-core';
import { toListenError } from '../errors.ts';
import type { ReadMode } from '../socket/read-mode.ts';
import type { KnownAddresses } from '../socket/socket-connection.ts';
import { socketConnection } from '../socket/socket-connection.ts';
import type { SocketStreamOptions } from '../socket/socket-stream.ts';
import { socketStreamOptions } from '../socket/socket-stream.ts';
import { onAccept } from './accept.ts';
import type { ConnectionLimits, ListenerGauges } from './connection-limits.ts';
import { ConnectionCounter } from './connection-limits.ts';
import { inheritedPath } from './inherited-path.ts';

/** Options that all socket listeners have. */
export interface SocketListenerOptions extends ConnectionLimits {
  /** Connections that the kernel keeps waiting, at least 1. Default 511. */
  readonly backlog?: number;
  /** Time without traffic after which the kernel asks whether the peer is there, in milliseconds. Default 60_000. */
  readonly keepAliveDelayMs?: number;
  /** How sockets are read. Default `'shared-memory'`, which falls back by itself. */
  readonly readMode?: ReadMode;
}

/** A {@link Listener} on sockets. */
export interface SocketListener extends Listener {
  /** What is open, and what was turned away. */
  readonly gauges: ListenerGauges;
}

/** Opens a listener as Node's `listen` options say. */
export async function openListener(
  listen: ListenOptions & { readonly fd?: number },
  wanted: Address | undefined,
  options: SocketListenerOptions,
): Promise<SocketListener> {
  const { backlog = 511, keepAliveDelayMs = 60_000, readMode = 'shared-memory' } = options;
  if (!(backlog >= 1)) throw new UsageError(`backlog must be >= 1, got ${backlog}`);
  if (!(keepAliveDelayMs >= 0)) throw new UsageError(`keepAliveDelayMs must be >= 0, got ${keepAliveDelayMs}`);
  const counter = new ConnectionCounter(options);
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  const where = wanted === undefined ? `descriptor ${listen.fd}` : formatAddress(wanted);
  // The primary of a cluster may hand a connection over together with its answer, before anybody hears that this listens.
  const early: Socket[] = [];
  const keep = (socket: Socket): void => void early.push(socket);
  server.on('connection', keep);
  try {
    await listening(server, { ...listen, backlog });
  } catch (error) {
    throw toListenError(error, where);
  }
  server.off('connection', keep);
  const address = addressOf(server, wanted, listen.fd);
  const known = knownAddresses(address, wanted === undefined);
  return new ServerListener(server, { address, known, counter, backlog, keepAliveDelayMs, readMode, early });
}

interface ServerListenerOptions {
  readonly address: Address;
  readonly known: KnownAddresses;
  readonly counter: ConnectionCounter;
  readonly backlog: number;
  readonly keepAliveDelayMs: number;
  readonly readMode: ReadMode;
  /** Connections that have come already. */
  readonly early: readonly Socket[];
}

class ServerListener implements SocketListener {
  readonly address: Address;
  readonly #server: Server;
  readonly #counter: ConnectionCounter;
  readonly #backlog: number;
  readonly #keepAliveDelayMs: number;
  readonly #queue = new AcceptQueue();
  readonly #resource;
  readonly #known: KnownAddresses;
  /** The same for all sockets, which are many. */
  readonly #streamOptions: Readonly<Record<ReadMode, SocketStreamOptions>>;
  #isClosed = false;
  #acceptedCount = 0;

  constructor(server: Server, options: ServerListenerOptions) {
    const { address, known, counter, backlog, keepAliveDelayMs, readMode, early } = options;
    this.#server = server;
    this.address = address;
    this.#counter = counter;
    this.#backlog = backlog;
    this.#keepAliveDelayMs = keepAliveDelayMs;
    this.#known = known;
    const path = address.type === 'unix' ? address.path : undefined;
    const onClose = (socket: Socket): void => counter.leave(this.#peerOf(socket));
    this.#streamOptions = {
      'shared-memory': socketStreamOptions({ mode: 'shared-memory', path, onClose }),
      'data-events': socketStreamOptions({ mode: 'data-events', path, onClose }),
    };
    this.#resource = trackResource('listener', () => formatAddress(address));
    // A failing accept (such as EMFILE) is one connection less, not the end of the listener.
    server.on('error', () => {});
    onAccept(server, readMode, (socket, mode) => this.#accept(socket, mode));
    for (const socket of early) this.#accept(socket, 'data-events');
  }

  get gauges(): ListenerGauges {
    return this.#counter.gauges;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#server.close(); // its callback waits for connections, which are nothing of ours any more
    this.#queue.close();
    this.#resource.release();
  }

  /** Each turn of the event loop accepts some of those who wait in the kernel, which are no more than the backlog; in the second quiet turn nobody did. */
  async drain(): Promise<void> {
    const most = this.#acceptedCount + this.#backlog;
    for (let quietTurns = 0; quietTurns < 2 && this.#acceptedCount < most; quietTurns++) {
      const before = this.#acceptedCount;
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#acceptedCount > before) quietTurns = -1;
    }
    await this.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  [Symbol.asyncIterator](): AsyncIterator<Connection> {
    return this.#queue[Symbol.asyncIterator]();
  }

  #accept(socket: Socket, mode: ReadMode): void {
    this.#acceptedCount++;
    const peer = this.#peerOf(socket);
    if (this.#isClosed || !this.#counter.enter(peer, this.#queue.size < MAX_WAITING)) {
      socket.on('error', ignore); // an error without a listener would end the process
      socket.destroy();
      return;
    }
    if (this.address.type === 'tcp') {
      socket.setNoDelay(true);
      socket.setKeepAlive(true, this.#keepAliveDelayMs);
    }
    // Its stream listens for errors from now on, and for ever.
    this.#queue.push(socketConnection(socket, this.#streamOptions[mode], this.#known));
  }

  /** What the connections of one peer are counted by. A socket goes on telling its peer when it has closed. */
  #peerOf(socket: Socket): string | undefined {
    if (this.address.type === 'unix') return undefined;
    const { remoteAddress = 'unknown' } = socket;
    return remoteAddress.includes(':') ? clientNetwork(socketAddress(remoteAddress, 0)) : remoteAddress;
  }
}

function listening(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function addressOf(server: Server, wanted: Address | undefined, fd: number | undefined): Address {
  if (wanted?.type === 'unix') return wanted;
  const bound = server.address();
  if (bound !== null && typeof bound === 'object') {
    const found = socketAddress(bound.address, bound.port);
    if (found !== undefined) return found;
  } else if (fd !== undefined) return { type: 'unix', path: inheritedPath(fd) };
  server.close();
  throw new UsageError('the listener has no address that could be told');
}

/** What need not be asked of each socket. One that was inherited may take connections to other addresses than its own. */
function knownAddresses(address: Address, isInherited: boolean): KnownAddresses {
  if (address.type === 'unix') return { peer: address, local: address };
  const { host } = address;
  const isOne = host.type === 'ip' && !host.isIpv4Mapped && host.bytes.some((byte) => byte !== 0);
  return isOne && !isInherited ? { local: address } : {};
}

function ignore(): void {}

/** Taken once: tests with a time of their own may replace it for a while. */
const { setImmediate } = globalThis;
/** Connections that nobody takes; beyond that new ones are closed at once. */
const MAX_WAITING = 4_096;
