import type { ByteCursor } from '@lamella/net-core';
import { UsageError } from '@lamella/service-core';
import { ClientHelloError } from '../../errors.ts';
import { ClientHello } from './client-hello.ts';
import { badRecord, notTlsError } from './not-tls.ts';
import { uint16At } from './vector.ts';

/** Limits of a {@link ClientHelloDecoder}. */
export interface ClientHelloLimits {
  /** Most bytes on the wire, record headers included, an integer from 512 to 262_144. Default 16_384. */
  readonly maxBytes?: number;
  /** Most records that the message may be spread over, an integer of at least 1. Default 1_024. */
  readonly maxRecords?: number;
}

/**
 * Decodes the ClientHello that a TLS connection starts with, from input split anywhere: in pieces of TCP, over several records, or in
 * records of one byte.
 *
 * @remarks
 * Sources: RFC 8446 sections 4 and 5.1, RFC 5246. Takes the records of the message and not one byte more. What breaks a limit is refused
 * as soon as a length says so, not when its bytes have come.
 *
 * @example
 * import { ByteCursor } from '@lamella/net-core';
 *
 * const decoder = new ClientHelloDecoder({ maxBytes: 16_384 });
 * const hello = decoder.decode(new ByteCursor(Uint8Array.of(22, 3, 1))); // undefined: there is more to come
 */
export class ClientHelloDecoder {
  readonly #maxBytes: number;
  readonly #maxRecords: number;
  readonly #header: number[] = [];
  #message: Uint8Array = NONE;
  #messageLength = 0;
  /** Length of the whole message; `undefined` as long as its head is not there. */
  #total: number | undefined;
  /** Bytes of the record that are still to come. */
  #recordLeft = 0;
  #records = 0;
  #byteCount = 0;
  #isDone = false;

  /** @throws UsageError if a limit is out of its range. */
  constructor(limits: ClientHelloLimits = {}) {
    const { maxBytes = 16_384, maxRecords = 1_024 } = limits;
    if (!Number.isInteger(maxBytes) || maxBytes < 512 || maxBytes > 262_144) {
      throw new UsageError(`maxBytes must be an integer from 512 to 262144, got ${maxBytes}`);
    }
    if (!Number.isInteger(maxRecords) || maxRecords < 1) {
      throw new UsageError(`maxRecords must be an integer of at least 1, got ${maxRecords}`);
    }
    this.#maxBytes = maxBytes;
    this.#maxRecords = maxRecords;
  }

  /** Bytes taken so far; at most `maxBytes`. */
  get byteCount(): number {
    return this.#byteCount;
  }

  /**
   * Decodes on.
   *
   * @returns The hello, once; `undefined` when the input ran out first.
   * @throws ClientHelloError when the input is no ClientHello, or one that breaks a rule or a limit.
   */
  decode(input: ByteCursor): ClientHello | undefined {
    while (input.remaining > 0 && !this.#isDone) {
      if (this.#recordLeft === 0) this.#readHeader(input);
      else this.#readContent(input);
      if (this.#messageLength === this.#total) {
        this.#isDone = true;
        return new ClientHello(this.#message);
      }
    }
    return undefined;
  }

  #readHeader(input: ByteCursor): void {
    const header = this.#header;
    for (let byte = input.next(); byte !== undefined; byte = input.next()) {
      this.#byteCount++;
      header.push(byte);
      this.#checkHeader(header);
      if (header.length < RECORD_HEADER_BYTES || header[0] !== HANDSHAKE) continue;
      this.#recordLeft = ((header[3] as number) << 8) | (header[4] as number); // five are there
      header.length = 0;
      this.#startRecord();
      return;
    }
  }

  /** Every byte by itself, so that whoever speaks something else hears of it at once. */
  #checkHeader(header: readonly number[]): void {
    const [type = 0, major] = header;
    if (type !== HANDSHAKE) {
      if (this.#records > 0) throw badRecord(`a record of type ${type} within the ClientHello`);
      const error = notTlsError(header);
      if (error !== undefined) throw error;
    } else if (header.length === 2 && major !== 3) {
      throw new ClientHelloError('LML_ERR_CLIENT_HELLO_BAD_VERSION', `a record of version ${major}.x, TLS is 3.x`);
    }
  }

  #startRecord(): void {
    const length = this.#recordLeft;
    if (length === 0) {
      throw new ClientHelloError('LML_ERR_CLIENT_HELLO_EMPTY_RECORD', 'a record of a handshake without content');
    }
    if (length > MAX_RECORD_BYTES) {
      throw new ClientHelloError(
        'LML_ERR_CLIENT_HELLO_RECORD_TOO_LARGE',
        `a record of ${length} bytes, at most ${MAX_RECORD_BYTES} are one`,
      );
    }
    if (++this.#records > this.#maxRecords) {
      throw new ClientHelloError(
        'LML_ERR_CLIENT_HELLO_TOO_MANY_RECORDS',
        `the ClientHello is spread over more than ${this.#maxRecords} records`,
      );
    }
    this.#checkLengths();
  }

  #readContent(input: ByteCursor): void {
    // The head alone first: it says how long the message is.
    const wanted = this.#total === undefined ? MESSAGE_HEAD_BYTES - this.#messageLength : this.#recordLeft;
    const content = input.take(Math.min(wanted, this.#recordLeft));
    this.#recordLeft -= content.length;
    this.#byteCount += content.length;
    this.#append(content);
    const message = this.#message;
    if (message[0] !== CLIENT_HELLO) {
      throw new ClientHelloError(
        'LML_ERR_CLIENT_HELLO_WRONG_MESSAGE',
        `a handshake message of type ${message[0]}, where a ClientHello (1) has to be`,
      );
    }
    if (this.#total !== undefined || this.#messageLength < MESSAGE_HEAD_BYTES) return;
    this.#total = MESSAGE_HEAD_BYTES + (((message[1] as number) << 16) | uint16At(message, 2));
    this.#checkLengths();
  }

  /** Refuses what can't fit any more, whatever comes. */
  #checkLengths(): void {
    const missing = this.#total === undefined ? this.#recordLeft : this.#total - this.#messageLength;
    // RFC 8446 section 5.1: keys may change behind a ClientHello, so no record goes on behind it.
    if (this.#recordLeft > missing) {
      throw new ClientHelloError(
        'LML_ERR_CLIENT_HELLO_TRAILING_DATA',
        `${this.#recordLeft - missing} bytes behind the ClientHello in its record`,
      );
    }
    const furtherBytes = missing > this.#recordLeft ? RECORD_HEADER_BYTES + missing : missing;
    if (this.#byteCount + furtherBytes > this.#maxBytes) {
      throw new ClientHelloError(
        'LML_ERR_CLIENT_HELLO_TOO_LARGE',
        `a ClientHello of at least ${this.#byteCount + furtherBytes} bytes, at most ${this.#maxBytes} are taken`,
      );
    }
  }

  /** Copies, so that the hello owns its bytes; memory grows with what has come, not with what was announced. */
  #append(content: Uint8Array): void {
    const length = this.#messageLength + content.length;
    if (length > this.#message.length) {
      const room = Math.min(this.#total ?? MESSAGE_HEAD_BYTES, Math.max(length, 2 * this.#message.length));
      const grown = new Uint8Array(room);
      grown.set(this.#message);
      this.#message = grown;
    }
    this.#message.set(content, this.#messageLength);
    this.#messageLength = length;
  }
}

const NONE: Uint8Array = new Uint8Array(0);
const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const RECORD_HEADER_BYTES = 5;
const MESSAGE_HEAD_BYTES = 4;
const MAX_RECORD_BYTES = 16_384;
