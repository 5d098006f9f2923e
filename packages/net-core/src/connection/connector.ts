import type { Extensions, ForkOptions, Scoped, Service } from '@lamella/service-core';
import { AbortScope, createExtensions, forkedScope } from '@lamella/service-core';
import type { Address } from '../address/address.ts';
import { formatAddress } from '../address/address.ts';
import type { Connection } from './connection.ts';

/** What a {@link ConnectRequest} is made of. */
export interface ConnectRequestInit {
  /** Where to connect to. */
  readonly target: Address;
  /** Whether the connection has to be encrypted; a TLS layer passes requests through that do not say so. Default false. */
  readonly secure?: boolean;
  /** Name for the TLS handshake. Default: the host of the target. */
  readonly serverName?: string;
  /** Protocols to offer by ALPN, the preferred one first. Default: none. */
  readonly alpnOffer?: readonly string[];
  /** Proxies to go through, nearest first, as texts without credentials. Default: none. */
  readonly via?: readonly string[];
  /** Cancels the connect. */
  readonly signal?: AbortSignal;
  /** Store of the request that wants the connection. Default: an empty one. */
  readonly extensions?: Extensions<'request'>;
  /** Scope of the request that wants the connection. Default: one that follows `signal`. */
  readonly scope?: AbortScope;
}

/**
 * Asks for a connection.
 *
 * @example
 * const connection = await connector.serve(connectRequest({ target: parseAddress('example.com:80') }));
 */
export interface ConnectRequest extends Scoped<ConnectRequest, 'request'> {
  /** Where to connect to. */
  readonly target: Address;
  /** How to get there: what kind of address the target is. */
  readonly transport: 'tcp' | 'unix';
  /** Whether the connection has to be encrypted. */
  readonly secure: boolean;
  /** Name for the TLS handshake; `undefined`: the host of the target. */
  readonly serverName: string | undefined;
  /** Protocols to offer by ALPN, the preferred one first. */
  readonly alpnOffer: readonly string[];
  /** Proxies to go through, nearest first. */
  readonly via: readonly string[];
  /** Changes where it goes. @returns The same request to somewhere else. */
  withTarget(target: Address): ConnectRequest;
}

/** Makes connections: TCP, a Unix socket, memory, or through proxies. */
export type Connector = Service<ConnectRequest, Connection>;

/** Makes a {@link ConnectRequest}. */
export function connectRequest(init: ConnectRequestInit): ConnectRequest {
  const { signal, scope = signal === undefined ? new AbortScope() : AbortScope.following(signal) } = init;
  return new PlainConnectRequest(init, init.extensions ?? createExtensions('request'), scope);
}

class PlainConnectRequest implements ConnectRequest {
  readonly target: Address;
  readonly secure: boolean;
  readonly serverName: string | undefined;
  readonly alpnOffer: readonly string[];
  readonly via: readonly string[];
  readonly extensions: Extensions<'request'>;
  readonly scope: AbortScope;

  constructor(init: Omit<ConnectRequestInit, 'signal'>, extensions: Extensions<'request'>, scope: AbortScope) {
    this.target = init.target;
    this.secure = init.secure ?? false;
    this.serverName = init.serverName;
    this.alpnOffer = init.alpnOffer ?? [];
    this.via = init.via ?? [];
    this.extensions = extensions;
    this.scope = scope;
  }

  get transport(): 'tcp' | 'unix' {
    return this.target.type;
  }

  get signal(): AbortSignal {
    return this.scope.signal;
  }

  withTarget(target: Address): ConnectRequest {
    return new PlainConnectRequest({ ...this.#init(), target }, this.extensions, this.scope);
  }

  fork(options: ForkOptions<'request'>): ConnectRequest {
    const extensions = options.extensions ?? this.extensions;
    return new PlainConnectRequest(this.#init(), extensions, forkedScope(this.scope, options));
  }

  toString(): string {
    return formatAddress(this.target);
  }

  #init(): Omit<ConnectRequestInit, 'signal'> {
    const { target, secure, serverName, alpnOffer, via } = this;
    return { target, secure, alpnOffer, via, ...(serverName === undefined ? {} : { serverName }) };
  }
}
