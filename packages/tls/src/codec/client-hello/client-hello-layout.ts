import { ClientHelloError } from '../../errors.ts';
import { checkExtension } from './check-extension.ts';
import { EXTENSION } from './extension-types.ts';
import { uint16At } from './vector.ts';

/** Where the parts of a ClientHello stand in its message. */
export interface ClientHelloLayout {
  /** End of the session id, which starts at byte 39. */
  readonly sessionIdEnd: number;
  /** Where the cipher suites start, and where they end. */
  readonly ciphersStart: number;
  readonly ciphersEnd: number;
  /** Where the compression methods start, and where they end. */
  readonly compressionStart: number;
  readonly compressionEnd: number;
  /** For each extension three numbers: its type, where its body starts, and where it ends. */
  readonly extensions: readonly number[];
}

/**
 * Finds the parts of a ClientHello and checks all of it: lengths, order, and the extensions that the codec knows.
 *
 * @remarks
 * Source: RFC 8446 section 4.1.2 and 4.2, and RFC 5246 section 7.4.1.2, which has hellos without extensions.
 *
 * @param message - The handshake message with its head of 4 bytes, complete.
 * @throws ClientHelloError if a rule is broken.
 */
export function clientHelloLayout(message: Uint8Array): ClientHelloLayout {
  const end = message.length;
  if (end <= SESSION_ID) throw tooShort('the session id');
  const version = uint16At(message, HEAD_BYTES);
  // RFC 8446 appendix D.5: SSL 3.0 has to be refused. What is newer than we know is for the server to talk down.
  if (version < 0x0301) throw new ClientHelloError('LML_ERR_CLIENT_HELLO_BAD_VERSION', `the version ${hex(version)}`);

  const sessionIdBytes = message[SESSION_ID] as number; // checked above
  if (sessionIdBytes > 32) throw bad(`a session id of ${sessionIdBytes} bytes, at most 32 are one`);
  const sessionIdEnd = SESSION_ID + 1 + sessionIdBytes;

  if (sessionIdEnd + 2 > end) throw tooShort('the cipher suites');
  const ciphersStart = sessionIdEnd + 2;
  const ciphersEnd = ciphersStart + uint16At(message, sessionIdEnd);
  if (ciphersEnd === ciphersStart || (ciphersEnd - ciphersStart) % 2 === 1) {
    throw bad(`cipher suites of ${ciphersEnd - ciphersStart} bytes`);
  }

  if (ciphersEnd + 1 > end) throw tooShort('the compression methods');
  const compressionStart = ciphersEnd + 1;
  const compressionEnd = compressionStart + (message[ciphersEnd] as number); // checked above
  if (compressionEnd === compressionStart) throw bad('no compression methods');
  if (compressionEnd > end) throw tooShort('the compression methods');

  const extensions = compressionEnd === end ? [] : extensionBounds(message, compressionEnd, end);
  const layout = { sessionIdEnd, ciphersStart, ciphersEnd, compressionStart, compressionEnd, extensions };
  checkCompression(message, layout);
  return layout;
}

/** Finds an extension in a layout. @returns The index of its type, or -1. */
export function findExtension(bounds: readonly number[], type: number): number {
  for (let index = 0; index < bounds.length; index += 3) if (bounds[index] === type) return index;
  return -1;
}

function extensionBounds(message: Uint8Array, start: number, end: number): readonly number[] {
  if (start + 2 > end) throw tooShort('the extensions');
  const length = uint16At(message, start);
  if (start + 2 + length > end) throw tooShort('the extensions');
  if (start + 2 + length < end) {
    const rest = end - start - 2 - length;
    throw new ClientHelloError('LML_ERR_CLIENT_HELLO_TRAILING_DATA', `${rest} bytes behind the extensions`);
  }
  const bounds: number[] = [];
  const seen = new SeenTypes(bounds);
  for (let at = start + 2; at < end; ) {
    if (at + 4 > end) throw tooShort('an extension');
    const type = uint16At(message, at);
    const bodyStart = at + 4;
    const bodyEnd = bodyStart + uint16At(message, at + 2);
    if (bodyEnd > end) throw tooShort(`the extension ${type}`);
    if (seen.has(type)) {
      throw new ClientHelloError('LML_ERR_CLIENT_HELLO_DUPLICATE_EXTENSION', `two extensions ${type}`);
    }
    if (type === EXTENSION.preSharedKey && bodyEnd !== end) {
      throw new ClientHelloError(
        'LML_ERR_CLIENT_HELLO_MISPLACED_EXTENSION',
        `the extension ${type} (pre_shared_key) is not the last one`,
      );
    }
    checkExtension(type, message, bodyStart, bodyEnd);
    bounds.push(type, bodyStart, bodyEnd);
    seen.add(type);
    at = bodyEnd;
  }
  return bounds;
}

/** Null has to be among them, and is all there may be where TLS 1.3 is offered. RFC 8446 section 4.1.2. */
function checkCompression(message: Uint8Array, layout: ClientHelloLayout): void {
  const { compressionStart, compressionEnd, extensions } = layout;
  const hasNull = message.subarray(compressionStart, compressionEnd).includes(0);
  const others = compressionEnd - compressionStart - 1;
  if (hasNull && (others === 0 || !offersTls13(message, extensions))) return;
  throw new ClientHelloError(
    'LML_ERR_CLIENT_HELLO_BAD_COMPRESSION',
    hasNull ? `${others} compression methods beside null, with TLS 1.3` : 'null is not among the compression methods',
  );
}

function offersTls13(message: Uint8Array, extensions: readonly number[]): boolean {
  const index = findExtension(extensions, EXTENSION.supportedVersions);
  if (index < 0) return false;
  const [, start = 0, end = 0] = extensions.slice(index, index + 3);
  for (let at = start + 1; at < end; at += 2) if (uint16At(message, at) === 0x0304) return true;
  return false;
}

/** Types of extensions; usual hellos have few of them, and hostile ones thousands. */
class SeenTypes {
  readonly #bounds: readonly number[];
  #many: Set<number> | undefined;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
  }

  has(type: number): boolean {
    return this.#many?.has(type) ?? findExtension(this.#bounds, type) >= 0;
  }

  add(type: number): void {
    if (this.#many !== undefined) this.#many.add(type);
    else if (this.#bounds.length === 3 * FEW) this.#many = new Set(this.#bounds.filter((_, index) => index % 3 === 0));
  }
}

function bad(why: string): ClientHelloError {
  return new ClientHelloError('LML_ERR_CLIENT_HELLO_BAD_LENGTH', `a wrong ClientHello: ${why}`);
}

function tooShort(part: string): ClientHelloError {
  return bad(`it ends within ${part}`);
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(4, '0')}`;
}

/** Type and length of the message. */
const HEAD_BYTES = 4;
/** Behind the head, a version and 32 random bytes. */
const SESSION_ID = 38;
const FEW = 32;
