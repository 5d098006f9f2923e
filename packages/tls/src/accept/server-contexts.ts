import { constants, createHash } from 'node:crypto';
import type { SecureContext, SecureContextOptions } from 'node:tls';
import { secureContext } from '../certificates/key-pair.ts';
import type { ServerCertificate } from '../certificates/server-certificate.ts';
import { trustOptions } from '../certificates/trust-roots.ts';
import { contextOptions } from '../shared/tls-options.ts';
import type { SessionTicketKeys } from './session-ticket-keys.ts';
import type { ClientAuthOptions, TlsAcceptOptions } from './tls-accept-options.ts';

/** The contexts of a server: one for each certificate, made when it is needed first, and anew when the key of tickets changes. */
export class ServerContexts {
  readonly #options: SecureContextOptions;
  readonly #ticketKeys: SessionTicketKeys;
  #sealedBy: Uint8Array;
  #byCertificate = new WeakMap<object, SecureContext>();

  /** @throws UsageError or TlsMaterialError if the options or roots can't be used. */
  constructor(options: TlsAcceptOptions, ticketKeys: SessionTicketKeys) {
    const common = contextOptions(options);
    this.#options = {
      ...common,
      secureOptions: (common.secureOptions ?? 0) | constants.SSL_OP_CIPHER_SERVER_PREFERENCE,
      ...clientAuthOptions(options.clientAuth),
    };
    this.#ticketKeys = ticketKeys;
    this.#sealedBy = ticketKeys.current;
    this.for(undefined); // what OpenSSL does not take is found now
  }

  /**
   * The context that shows a certificate; without one, a context with which every handshake fails.
   *
   * @throws TlsMaterialError if the certificate and its key can't be used.
   */
  for(certificate: ServerCertificate | undefined): SecureContext {
    const sealedBy = this.#ticketKeys.current;
    if (sealedBy !== this.#sealedBy) {
      this.#sealedBy = sealedBy;
      this.#byCertificate = new WeakMap();
    }
    const key = certificate ?? NO_CERTIFICATE;
    const known = this.#byCertificate.get(key);
    if (known !== undefined) return known;
    const made = secureContext({ ...this.#options, ticketKeys: Buffer.from(sealedBy) }, certificate);
    this.#byCertificate.set(key, made);
    return made;
  }
}

/** Sessions are good only where clients are asked in the same way: the id tells one way from another, in every process alike. */
function clientAuthOptions(clientAuth: ClientAuthOptions | undefined): SecureContextOptions {
  if (clientAuth === undefined) return { sessionIdContext: 'lamella' };
  const trust = trustOptions(clientAuth.roots, clientAuth.revocationLists);
  const hash = createHash('sha256').update(JSON.stringify([clientAuth.mode, trust]));
  return { ...trust, sessionIdContext: hash.digest('hex').slice(0, 32) };
}

const NO_CERTIFICATE = {};
