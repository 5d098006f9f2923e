import type { Duplex } from 'node:stream';

/** Headers as undici takes them: names and values in turn, pairs, or an object. */
export type DispatchHeaders =
  | readonly (string | Uint8Array | readonly (string | Uint8Array)[])[]
  | Iterable<readonly [string, string | readonly string[] | undefined]>
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/** What undici's `dispatch` takes, as far as it has a meaning here. */
export interface DispatchOptions {
  /** Scheme, host and port. */
  readonly origin?: string | URL | undefined;
  /** Path and query; a whole URL; for CONNECT, host and port. */
  readonly path: string;
  /** In its case. */
  readonly method: string;
  /** Fields of the request. Default: none. */
  readonly headers?: DispatchHeaders | null | undefined;
  /** Text, bytes, `FormData`, `Blob`, or a stream or iterable of bytes. Default: none. */
  readonly body?: unknown;
  /** Appended to the path. Default: none. */
  readonly query?: Readonly<Record<string, unknown>> | null | undefined;
  /** Protocol to ask for, such as `'websocket'`. Default: none. */
  readonly upgrade?: string | boolean | null | undefined;
}

/** Names with their values, in lower case. */
export type DispatchFields = Record<string, string | string[]>;

/** How a handler holds a response up, or ends it. */
export interface DispatchController {
  readonly aborted: boolean;
  readonly paused: boolean;
  readonly reason: unknown;
  /** Names and values in turn, as they came. */
  rawHeaders?: readonly Buffer[] | null;
  /** The same of the trailers. */
  rawTrailers?: readonly Buffer[] | null;
  abort(reason: unknown): void;
  pause(): void;
  resume(): void;
}

/** What undici 7 and 8 call a handler: it hears of everything that becomes of a request. */
export interface DispatchHandler {
  onRequestStart?(controller: DispatchController, context: unknown): void;
  onRequestUpgrade?(controller: DispatchController, status: number, headers: DispatchFields, socket: Duplex): void;
  onResponseStarted?(): void;
  onResponseStart?(controller: DispatchController, status: number, headers: DispatchFields, reason: string): void;
  onResponseData?(controller: DispatchController, chunk: Buffer): void;
  onResponseEnd?(controller: DispatchController, trailers: DispatchFields): void;
  onResponseError?(controller: DispatchController, error: Error): void;
}

/** What undici 6 calls a handler; undici 7 takes it too. */
export interface LegacyDispatchHandler {
  onConnect?(abort: (reason?: unknown) => void, context?: unknown): void;
  onUpgrade?(status: number, rawHeaders: readonly Buffer[], socket: Duplex): void;
  onResponseStarted?(): void;
  onHeaders?(status: number, rawHeaders: readonly Buffer[], resume: () => void, reason: string): unknown;
  onData?(chunk: Buffer): unknown;
  onComplete?(rawTrailers: readonly Buffer[]): void;
  onError?(error: Error): void;
}

/** Anything with undici's `dispatch`: an agent, a pool, a client, or what interceptors were composed with. */
export interface DispatcherLike {
  // A method, so that the dispatchers of every version fit, whose own types differ.
  dispatch(options: object, handler: object): boolean;
}
