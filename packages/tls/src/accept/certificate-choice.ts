import type { CertificateSource, ServerCertificate } from '../certificates/server-certificate.ts';
import { TlsError } from '../errors.ts';
import { handshakeMessage, peerFacts } from '../failure/to-tls-error.ts';

/** Finds the certificate of one connection, and remembers if there was none. */
export class CertificateChoice {
  readonly #source: CertificateSource;
  #missing: string | undefined;
  #isLooking = false;

  constructor(source: CertificateSource) {
    this.#source = source;
  }

  /** Whether the source takes its time, and the client can do nothing about it. */
  get isLooking(): boolean {
    return this.#isLooking;
  }

  /** For a client that has not said which name it wants; it may say so later. */
  async withoutName(): Promise<ServerCertificate | undefined> {
    const found = await this.#look(undefined);
    this.#missing = found === undefined ? 'a client that asks for no name' : undefined;
    return found;
  }

  /** For the name that the client wants. */
  async withName(serverName: string): Promise<ServerCertificate | undefined> {
    const found = await this.#look(serverName.toLowerCase());
    this.#missing = found === undefined ? JSON.stringify(serverName.toLowerCase()) : undefined;
    return found;
  }

  async #look(serverName: string | undefined): Promise<ServerCertificate | undefined> {
    this.#isLooking = true;
    try {
      return await this.#source.certificateFor(serverName);
    } finally {
      this.#isLooking = false;
    }
  }

  /** @returns The error for a handshake that has failed because there was no certificate; `undefined` if there was one. */
  refusal(peer: string | undefined, cause: unknown): TlsError | undefined {
    if (this.#missing === undefined) return undefined;
    const why = `there is no certificate for ${this.#missing}; add one to certificates, or let the first one be the fallback`;
    return new TlsError('LML_ERR_TLS_UNKNOWN_NAME', handshakeMessage(peer, why), { cause, ...peerFacts(peer) });
  }
}
