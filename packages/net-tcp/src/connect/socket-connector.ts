import type { Socket, TcpNetConnectOpts } from 'node:net';
import { connect } from 'node:net';
import type { Address, Connection, Connector, ConnectRequest, UnixAddress } from '@lamella/net-core';
import { formatAddress, tryParseIp } from '@lamella/net-core';
import type { Clock } from '@lamella/service-core';
import { systemClock, UsageError } from '@lamella/service-core';
import { socketConnection } from '../socket/socket-connection.ts';
import { readOptions } from '../socket/socket-reader.ts';
import { socketStreamOptions } from '../socket/socket-stream.ts';
import { isUnixPath } from '../socket/unix-path.ts';
import { connectTimedOut, toConnectError } from './connect-error.ts';

/** Options of {@link socketConnector}. */
export interface SocketConnectorOptions {
  /** Longest wait for one address, in milliseconds, greater than 0. Default 10_000. */
  readonly connectTimeoutMs?: number;
  /** Time without traffic after which the kernel asks whether the peer is there, in milliseconds. Default 60_000. */
  readonly keepAliveDelayMs?: number;
  /** IP address to connect from. Default: chosen by the system. */
  readonly localAddress?: string;
  /** Source of time. Default: the system clock. */
  readonly clock?: Clock;
}

/**
 * Connects to one IP address or Unix socket, and does not look up names. TCP_NODELAY and keep-alive are on.
 *
 * @throws UsageError if an option is out of its range; ConnectError when connecting.
 */
export function socketConnector(options: SocketConnectorOptions = {}): Connector {
  const { connectTimeoutMs = 10_000, keepAliveDelayMs = 60_000, clock = systemClock, localAddress } = options;
  if (!(connectTimeoutMs > 0)) throw new UsageError(`connectTimeoutMs must be > 0, got ${connectTimeoutMs}`);
  if (!(keepAliveDelayMs >= 0)) throw new UsageError(`keepAliveDelayMs must be >= 0, got ${keepAliveDelayMs}`);
  if (localAddress !== undefined && tryParseIp(localAddress) === undefined) {
    throw new UsageError(`localAddress must be an IP address, got ${JSON.stringify(localAddress)}`);
  }

  return {
    serve(request) {
      const { target } = request;
      return dial(request, { connectTimeoutMs, clock }, () => openSocket(target, keepAliveDelayMs, localAddress)).then(
        (socket) => (target.type === 'unix' ? unixConnection(socket, target) : socketConnection(socket, DIALLED)),
      );
    },
  };
}

function unixConnection(socket: Socket, target: UnixAddress): Connection {
  const options = socketStreamOptions({ mode: 'shared-memory', path: target.path });
  return socketConnection(socket, options, { peer: target, local: target });
}

interface DialOptions {
  readonly connectTimeoutMs: number;
  readonly clock: Clock;
}

/** Waits for a socket to connect; whatever ends the wait leaves nothing behind. */
async function dial(request: ConnectRequest, options: DialOptions, open: () => Socket): Promise<Socket> {
  const { scope, target } = request;
  scope.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = open().pause(); // Node would start to read by itself
  socket.on('error', (error) => reject(toConnectError(error, target))); // kept for ever: it would end the process
  socket.once('connect', resolve);
  const { connectTimeoutMs, clock } = options;
  const timer = clock.startTimer(connectTimeoutMs, () => reject(connectTimedOut(target, connectTimeoutMs)));
  const listener = scope.onAbort(reject);
  try {
    await promise;
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    timer.cancel();
    listener.close();
  }
}

function openSocket(target: Address, keepAliveDelayMs: number, localAddress: string | undefined): Socket {
  const common = { allowHalfOpen: true, onread: readOptions };
  if (target.type === 'unix') {
    if (isUnixPath(target.path)) return connect({ ...common, path: target.path });
    throw new UsageError(`cannot connect to ${formatAddress(target)}: a path has 1 to 107 bytes and no NUL`);
  }
  if (target.host.type === 'domain') {
    throw new UsageError(
      `cannot connect to ${formatAddress(target)}: a socket needs an IP address, look the name up first`,
    );
  }
  const options: TcpNetConnectOpts = {
    ...common,
    host: target.host.toString(),
    port: target.port,
    family: target.host.family,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: keepAliveDelayMs,
    autoSelectFamily: false,
    ...(localAddress === undefined ? {} : { localAddress }),
  };
  return connect(options);
}

/** One for all TCP sockets. */
const DIALLED = socketStreamOptions({ mode: 'shared-memory' });
