import type { SecureContext, SecureContextOptions } from 'node:tls';
import type { ConnectRequest } from '@lamella/net-core';
import type { KeyPair } from '../certificates/key-pair.ts';
import { secureContext } from '../certificates/key-pair.ts';
import { NameTable } from '../certificates/name-table.ts';
import { trustOptions } from '../certificates/trust-roots.ts';
import { contextOptions } from '../shared/tls-options.ts';
import type { TlsConnectOptions } from './tls-connect-options.ts';

/** A context of `node:tls` for clients. */
export interface ClientContext {
  readonly context: SecureContext;
  /** Tells it from the others of the same layer: sessions of one client certificate are not for another one. */
  readonly id: number;
}

/** The contexts of a client: one for each certificate of its own, made when it is needed first. */
export class ClientContexts {
  readonly #options: SecureContextOptions;
  readonly #choose: (request: ConnectRequest) => KeyPair | undefined;
  readonly #plain: ClientContext;
  readonly #byPair = new WeakMap<KeyPair, ClientContext>();
  #count = 0;

  /** @throws UsageError or TlsMaterialError if the options, roots or certificates can't be used. */
  constructor(options: TlsConnectOptions) {
    const { roots = 'default', revocationLists, clientCertificate, clientCertificates = {} } = options;
    this.#options = { ...contextOptions(options), ...trustOptions(roots, revocationLists) };
    this.#plain = { context: secureContext(this.#options, undefined), id: 0 };
    const table = new NameTable<KeyPair>();
    for (const [name, pair] of Object.entries(clientCertificates)) {
      table.add(name, pair);
      this.#contextOf(pair); // what can't be used is found now
    }
    if (typeof clientCertificate === 'object') this.#contextOf(clientCertificate);
    const choose = typeof clientCertificate === 'function' ? clientCertificate : () => clientCertificate;
    this.#choose = (request) => byHost(table, request) ?? choose(request);
  }

  /** The context for a request. @throws TlsMaterialError if the certificate that was chosen for it can't be used. */
  for(request: ConnectRequest): ClientContext {
    const pair = this.#choose(request);
    return pair === undefined ? this.#plain : this.#contextOf(pair);
  }

  #contextOf(pair: KeyPair): ClientContext {
    const known = this.#byPair.get(pair);
    if (known !== undefined) return known;
    this.#count++;
    const made = { context: secureContext(this.#options, pair), id: this.#count };
    this.#byPair.set(pair, made);
    return made;
  }
}

function byHost(table: NameTable<KeyPair>, { target }: ConnectRequest): KeyPair | undefined {
  return target.type === 'tcp' ? table.get(target.host.toString()) : undefined;
}
