/**
 * What a piece of side data belongs to.
 *
 * @remarks
 * `connection`: one transport connection. `stream`: one stream of a multiplexed connection. `upgrade`: what a
 * connection becomes after CONNECT or Upgrade. `request`: one request, with all its attempts. `attempt`: one
 * try to answer it. `response`: one response. `message`: one message on a stream or WebSocket.
 */
export type Scope = 'connection' | 'stream' | 'upgrade' | 'request' | 'attempt' | 'response' | 'message';

/** Scopes that carry bytes; requests link to one of them on either side. */
export type TransportScope = 'connection' | 'stream' | 'upgrade';

/** The key scopes that a store of each scope takes. */
export interface Insertable {
  connection: 'connection';
  stream: 'stream';
  /** An upgrade may carry a connection of its own, such as TLS inside CONNECT. */
  upgrade: 'upgrade' | 'connection';
  request: 'request';
  /** Request keys that are written during an attempt stay in that attempt. */
  attempt: 'attempt' | 'request';
  response: 'response';
  message: 'message';
}

/** The key scopes that a store of each scope can answer; any other would always be `undefined`. */
export interface Readable {
  connection: 'connection';
  stream: 'stream' | 'connection';
  upgrade: TransportScope;
  request: 'request' | TransportScope;
  attempt: 'attempt' | 'request' | TransportScope;
  response: 'response' | 'attempt' | 'request' | TransportScope;
  message: Scope;
}

/** The scopes that may be forked from a store of each scope. */
export interface Forkable {
  connection: 'stream' | 'upgrade';
  stream: 'upgrade';
  upgrade: 'stream' | 'upgrade' | 'message';
  request: 'attempt' | 'response' | 'message';
  attempt: 'attempt' | 'response' | 'message';
  response: 'message';
  message: never;
}
