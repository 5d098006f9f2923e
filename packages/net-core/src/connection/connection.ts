import type { Extensions, ForkOptions, Scoped } from '@lamella/service-core';
import { AbortScope, createExtensions, forkedScope } from '@lamella/service-core';
import type { ByteStream } from '../bytes/byte-stream.ts';
import { ConnectionId, nextConnectionId } from './keys.ts';

/** Options of {@link createConnection}. */
export interface ConnectionOptions<Store extends Extensions<'connection'> = Extensions<'connection'>> {
  /** Facts about the connection. Default: a store that holds nothing but a {@link ConnectionId}. */
  readonly extensions?: Store;
  /** Cancels the work on the connection. Default: a scope of its own. */
  readonly scope?: AbortScope;
}

/**
 * A byte stream with what is known about it: the input of every server and the output of every connector.
 *
 * @remarks
 * A server is a `Service<Connection, void>`. Layers such as TLS or byte counting pass `connection.withStream(...)` on: the
 * facts stay, the bytes change. Whoever holds a connection is responsible for ending its stream.
 */
export interface Connection extends Scoped<Connection, 'connection'>, Disposable {
  /** The bytes. */
  readonly stream: ByteStream;
  /** Changes the bytes. @returns The same connection over another stream, which wraps this one. */
  withStream(stream: ByteStream): Connection;
  /** Destroys the stream, if it has not ended. */
  [Symbol.dispose](): void;
}

/**
 * What a connection, or a stream of one, has become by CONNECT or an upgrade: its store also answers for the stream below, such as
 * `Http2StreamId` of `@lamella/http2`.
 */
export interface UpgradedConnection extends Connection {
  readonly extensions: Extensions<'upgrade'>;
}

/** Makes a connection of a stream. */
export function createConnection(
  stream: ByteStream,
  options: ConnectionOptions<Extensions<'upgrade'>> & { readonly extensions: Extensions<'upgrade'> },
): UpgradedConnection;
export function createConnection(stream: ByteStream, options?: ConnectionOptions): Connection;
export function createConnection(stream: ByteStream, options: ConnectionOptions = {}): Connection {
  const { extensions = numbered(), scope = new AbortScope() } = options;
  return new StreamConnection(stream, extensions, scope);
}

/**
 * Whether a connection is what another one, or a stream of one, has become; handlers of upgrades get such.
 *
 * @example
 * function scopeOf(connection: Connection): 'connection' | 'upgrade' {
 *   return isUpgraded(connection) ? 'upgrade' : 'connection';
 * }
 */
export function isUpgraded(connection: Connection): connection is UpgradedConnection {
  return connection.extensions.scope === 'upgrade';
}

function numbered(): Extensions<'connection'> {
  const extensions = createExtensions('connection');
  extensions.insert(ConnectionId, nextConnectionId());
  return extensions;
}

class StreamConnection implements Connection {
  readonly stream: ByteStream;
  readonly extensions: Extensions<'connection'>;
  readonly scope: AbortScope;

  constructor(stream: ByteStream, extensions: Extensions<'connection'>, scope: AbortScope) {
    this.stream = stream;
    this.extensions = extensions;
    this.scope = scope;
  }

  get signal(): AbortSignal {
    return this.scope.signal;
  }

  fork(options: ForkOptions<'connection'>): Connection {
    const extensions = options.extensions ?? this.extensions;
    return new StreamConnection(this.stream, extensions, forkedScope(this.scope, options));
  }

  withStream(stream: ByteStream): Connection {
    return new StreamConnection(stream, this.extensions, this.scope);
  }

  [Symbol.dispose](): void {
    this.stream.destroy();
  }
}
