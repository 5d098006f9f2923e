import { createHash } from 'node:crypto';
import type { Server } from 'node:tls';
import { createServer } from 'node:tls';
import type { ServerCertificate } from '../certificates/server-certificate.ts';
import { leafOf } from '../certificates/server-certificate.ts';

/**
 * Staples OCSP responses. Node asks for one by an event of a TLS server, with nothing but the certificate: so there is such a server, which
 * never listens, for every certificate that is shown when no name is asked for.
 */
export class OcspStapler {
  readonly #byFingerprint = new Map<string, ServerCertificate>();
  readonly #servers = new WeakMap<object, Server>();

  /** Keeps in mind that a certificate is shown. */
  note(certificate: ServerCertificate): void {
    if (certificate.ocspResponse === undefined) return;
    const key = fingerprintOf(leafOf(certificate).raw);
    this.#byFingerprint.delete(key);
    this.#byFingerprint.set(key, certificate);
    if (this.#byFingerprint.size <= MAX_CERTIFICATES) return;
    const oldest = this.#byFingerprint.keys().next();
    if (oldest.done !== true) this.#byFingerprint.delete(oldest.value);
  }

  /** The server for the `server` option of a TLS socket that shows `certificate` to whoever asks for no name. */
  serverFor(certificate: ServerCertificate | undefined): Server {
    const key = certificate ?? NO_CERTIFICATE;
    const known = this.#servers.get(key);
    if (known !== undefined) return known;
    const server = createServer(
      certificate === undefined ? {} : { cert: textOf(certificate.cert), ...keyOf(certificate) },
    );
    server.on('OCSPRequest', (der, _issuer, callback) => this.#answer(der, callback));
    this.#servers.set(key, server);
    return server;
  }

  #answer(der: Buffer | null, callback: (error: Error | null, response: Buffer) => void): void {
    const certificate = der === null ? undefined : this.#byFingerprint.get(fingerprintOf(der));
    // Without a response the handshake goes on all the same: who insists on one is the client.
    const give = (response: Uint8Array | undefined): void => callback(null, response as Buffer); // Node takes any bytes, or nothing
    const staple = certificate?.ocspResponse;
    if (typeof staple !== 'function') give(staple && Buffer.from(staple));
    else
      staple().then(
        (response) => give(response && Buffer.from(response)),
        () => give(undefined),
      );
  }
}

function fingerprintOf(der: Uint8Array): string {
  return createHash('sha256').update(der).digest('base64');
}

function textOf(pem: string | Uint8Array): string | Buffer {
  return typeof pem === 'string' ? pem : Buffer.from(pem);
}

function keyOf({ key, passphrase }: ServerCertificate): {
  readonly key: string | Buffer;
  readonly passphrase?: string;
} {
  return { key: textOf(key), ...(passphrase === undefined ? {} : { passphrase }) };
}

/** Certificates with an OCSP response; more at a time are made on demand, and those have none. */
const MAX_CERTIFICATES = 10_000;

const NO_CERTIFICATE = {};
