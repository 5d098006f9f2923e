import { readAlpn } from './alpn.ts';
import type { ClientHelloLayout } from './client-hello-layout.ts';
import { clientHelloLayout, findExtension } from './client-hello-layout.ts';
import { EXTENSION } from './extension-types.ts';
import { isGrease } from './grease.ts';
import { readServerName } from './server-name.ts';
import { uint16At, uint16List } from './vector.ts';

/** An extension as the client has sent it. */
export interface ClientHelloExtension {
  /** Its number. */
  readonly type: number;
  /** Its bytes, without type and length. */
  readonly body: Uint8Array;
}

/**
 * What a client offers in the first message of a TLS handshake.
 *
 * @remarks
 * All of it was checked when it was made, and nothing of it throws. Lists have the order of the client and keep its GREASE values; they
 * are made when they are asked for. A list of an extension that the client has not sent is empty: {@link has} tells the difference.
 */
export class ClientHello {
  /** The handshake message, with its head of 4 bytes and without record headers. */
  readonly message: Uint8Array;
  readonly #layout: ClientHelloLayout;

  /** @param message - The complete message; the hello owns it. @throws ClientHelloError if it breaks a rule. */
  constructor(message: Uint8Array) {
    this.message = message;
    this.#layout = clientHelloLayout(message);
  }

  /** The version in front, 0x0303 for TLS 1.2 and for what is newer; see {@link supportedVersions}. */
  get legacyVersion(): number {
    return uint16At(this.message, 4);
  }

  /** The 32 random bytes. */
  get random(): Uint8Array {
    return this.message.subarray(6, 38);
  }

  /** 0 to 32 bytes. */
  get sessionId(): Uint8Array {
    return this.message.subarray(39, this.#layout.sessionIdEnd);
  }

  get cipherSuites(): readonly number[] {
    return uint16List(this.message, this.#layout.ciphersStart, this.#layout.ciphersEnd);
  }

  get compressionMethods(): readonly number[] {
    return [...this.message.subarray(this.#layout.compressionStart, this.#layout.compressionEnd)];
  }

  /** All extensions. */
  get extensions(): readonly ClientHelloExtension[] {
    const { extensions: bounds } = this.#layout;
    return this.extensionTypes.map((type, index) => ({
      type,
      body: this.message.subarray(bounds[3 * index + 1], bounds[3 * index + 2]),
    }));
  }

  /** Numbers of all extensions. */
  get extensionTypes(): readonly number[] {
    return this.#layout.extensions.filter((_, index) => index % 3 === 0);
  }

  /** Whether there is an extension of this number. */
  has(type: number): boolean {
    return findExtension(this.#layout.extensions, type) >= 0;
  }

  /** Finds an extension. @returns Its bytes without type and length, or `undefined`. */
  extension(type: number): Uint8Array | undefined {
    const index = findExtension(this.#layout.extensions, type);
    return index < 0 ? undefined : this.message.subarray(...this.#bounds(index));
  }

  /** The host that the client asks for (SNI), in lower case; `undefined` if it names none. */
  get serverName(): string | undefined {
    const index = findExtension(this.#layout.extensions, EXTENSION.serverName);
    return index < 0 ? undefined : readServerName(this.message, ...this.#bounds(index));
  }

  /** Protocols for the inside, such as `h2` (ALPN), one character a byte. */
  get alpnProtocols(): readonly string[] {
    const index = findExtension(this.#layout.extensions, EXTENSION.alpn);
    return index < 0 ? [] : readAlpn(this.message, ...this.#bounds(index));
  }

  /** Versions, such as 0x0304 for TLS 1.3. Empty from clients that know no newer one than {@link legacyVersion}. */
  get supportedVersions(): readonly number[] {
    return this.#numbers(EXTENSION.supportedVersions, 1);
  }

  /** Groups for the key exchange, such as 0x001d for X25519. */
  get supportedGroups(): readonly number[] {
    return this.#numbers(EXTENSION.supportedGroups, 2);
  }

  get ecPointFormats(): readonly number[] {
    return this.#bytes(EXTENSION.ecPointFormats);
  }

  get signatureAlgorithms(): readonly number[] {
    return this.#numbers(EXTENSION.signatureAlgorithms, 2);
  }

  /** Groups that the client has sent a key for. */
  get keyShareGroups(): readonly number[] {
    const body = this.extension(EXTENSION.keyShare);
    const groups: number[] = [];
    if (body === undefined) return groups;
    for (let at = 2; at < body.length; at += 4 + uint16At(body, at + 2)) groups.push(uint16At(body, at));
    return groups;
  }

  get pskKeyExchangeModes(): readonly number[] {
    return this.#bytes(EXTENSION.pskKeyExchangeModes);
  }

  get certificateCompressionAlgorithms(): readonly number[] {
    return this.#numbers(EXTENSION.compressCertificate, 1);
  }

  /** Whether the client offers to go on with a session of before (TLS 1.3). */
  get hasPreSharedKey(): boolean {
    return this.has(EXTENSION.preSharedKey);
  }

  /** Whether the client sends data before the handshake is done (0-RTT). */
  get hasEarlyData(): boolean {
    return this.has(EXTENSION.earlyData);
  }

  /** Whether there are values of RFC 8701 among cipher suites, extensions, groups, versions or signature algorithms. */
  get hasGrease(): boolean {
    return [
      this.cipherSuites,
      this.extensionTypes,
      this.supportedGroups,
      this.supportedVersions,
      this.signatureAlgorithms,
    ].some((values) => values.some(isGrease));
  }

  #numbers(type: number, lengthBytes: 1 | 2): readonly number[] {
    const index = findExtension(this.#layout.extensions, type);
    if (index < 0) return [];
    const [start, end] = this.#bounds(index);
    return uint16List(this.message, start + lengthBytes, end);
  }

  #bytes(type: number): readonly number[] {
    return [...(this.extension(type) ?? [])].slice(1);
  }

  #bounds(index: number): readonly [start: number, end: number] {
    const { extensions } = this.#layout;
    return [extensions[index + 1] as number, extensions[index + 2] as number]; // three numbers each
  }
}
