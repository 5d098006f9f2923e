import { hash } from 'node:crypto';
import type { ClientHello } from '../codec/client-hello/client-hello.ts';
import { ja3String } from './ja3.ts';
import { ja4Of } from './ja4.ts';
import { peetPrintString } from './peet-print.ts';

/**
 * Fingerprints of a TLS client, each made when it is asked for.
 *
 * @remarks
 * They tell which software a client is, as long as it does not pretend: a hint, and no proof of anything.
 *
 * @example
 * // new TlsFingerprints(hello).ja4; // 't13d1516h2_8daaf6152771_e5627efa2ab1'
 */
export class TlsFingerprints {
  readonly #hello: ClientHello;

  /** @param hello - What the client has sent. */
  constructor(hello: ClientHello) {
    this.#hello = hello;
  }

  /** MD5 of {@link ja3Raw}, 32 hex digits. Throws where a policy forbids MD5 (FIPS). */
  get ja3(): string {
    return hash('md5', this.ja3Raw);
  }

  /** The JA3 string. */
  get ja3Raw(): string {
    return ja3String(this.#hello);
  }

  /** JA4, such as `t13d1516h2_8daaf6152771_e5627efa2ab1`. */
  get ja4(): string {
    return ja4Of(this.#hello, 'sorted').hashed;
  }

  /** JA4 without hashes (`JA4_r`). */
  get ja4Raw(): string {
    return ja4Of(this.#hello, 'sorted').raw;
  }

  /** JA4 in the order of the client (`JA4_o`). */
  get ja4Original(): string {
    return ja4Of(this.#hello, 'original').hashed;
  }

  /** JA4 in the order of the client, without hashes (`JA4_ro`). */
  get ja4RawOriginal(): string {
    return ja4Of(this.#hello, 'original').raw;
  }

  /** MD5 of {@link peetPrintRaw}, 32 hex digits. Throws where a policy forbids MD5 (FIPS). */
  get peetPrint(): string {
    return hash('md5', this.peetPrintRaw);
  }

  /** The PeetPrint string. */
  get peetPrintRaw(): string {
    return peetPrintString(this.#hello);
  }
}
