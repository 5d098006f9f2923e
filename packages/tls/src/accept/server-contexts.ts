import { constants, createHash } from 'node:crypto';
import type { SecureContext, SecureContextOptions } from 'node:tls';
import { secureContext } from '../certificates/key-pair.ts';
import type { ServerCertificate } from '../certificates/server-certificate.ts';
import { namesOf } from '../certificates/server-certificate.ts';
import { trustOptions } from '../certificates/trust-roots.ts';
import { contextOptions } from '../shared/tls-options.ts';
import type { SessionTicketKeys } from './session-ticket-keys.ts';
import type { TlsAcceptOptions } from './tls-accept-options.ts';

/** The contexts of a server: one for each certificate, made when it is needed first, and anew when the key of tickets changes. */
export class ServerContexts {
  readonly #options: SecureContextOptions;
  /** How clients are asked for certificates, as a hash. */
  readonly #asking: string;
  readonly #ticketKeys: SessionTicketKeys;
  #sealedBy: Buffer;
  #byCertificate = new WeakMap<object, SecureContext>();

  /** @throws UsageError or TlsMaterialError if the options or roots can't be used. */
  constructor(options: TlsAcceptOptions, ticketKeys: SessionTicketKeys) {
    const { clientAuth } = options;
    const common = contextOptions(options);
    const trust = clientAuth === undefined ? {} : trustOptions(clientAuth.roots, clientAuth.revocationLists);
    this.#options = {
      ...common,
      secureOptions: (common.secureOptions ?? 0) | constants.SSL_OP_CIPHER_SERVER_PREFERENCE,
      ...trust,
    };
    this.#asking = hashOf([clientAuth?.mode, trust]);
    this.#ticketKeys = ticketKeys;
    this.#sealedBy = Buffer.from(ticketKeys.current);
    this.for(undefined); // what OpenSSL does not take is found now
  }

  /**
   * The context that shows a certificate; without one, a context with which every handshake fails.
   *
   * @throws TlsMaterialError if the certificate and its key can't be used.
   */
  for(certificate: ServerCertificate | undefined): SecureContext {
    const { current } = this.#ticketKeys;
    // By its bytes: where keys come from elsewhere, each look may give an array of its own.
    if (this.#sealedBy.compare(current) !== 0) {
      this.#sealedBy = Buffer.from(current);
      this.#byCertificate = new WeakMap();
    }
    const key = certificate ?? NO_CERTIFICATE;
    const known = this.#byCertificate.get(key);
    if (known !== undefined) return known;
    const ids = { sessionIdContext: this.#sessionIdContext(certificate), ticketKeys: this.#sealedBy };
    const made = secureContext({ ...this.#options, ...ids }, certificate);
    this.#byCertificate.set(key, made);
    return made;
  }

  /**
   * Tells servers apart that share a key of tickets, in every process alike: a session is good only where clients are asked in the same way, and where
   * the certificate for who names nobody has the same names. Else whoever leads a client to another server could have it believe that it is the first.
   */
  #sessionIdContext(certificate: ServerCertificate | undefined): string {
    const names = certificate === undefined ? [] : namesOf(certificate);
    return hashOf([this.#asking, names]);
  }
}

/** As long as an id of a context may be. */
function hashOf(facts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 32);
}

const NO_CERTIFICATE = {};
