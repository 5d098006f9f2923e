import { UsageError } from '@lamella/service-core';

/** A value of metadata: text, or bytes under a name that ends with `-bin`. */
export type GrpcMetadataValue = string | Uint8Array;

/** What {@link GrpcMetadata.from} takes: metadata, pairs in order, or an object of names and values. */
export type GrpcMetadataInit =
  | GrpcMetadata
  | Iterable<readonly [name: string, value: GrpcMetadataValue]>
  | Readonly<Record<string, GrpcMetadataValue | readonly GrpcMetadataValue[]>>;

/**
 * Metadata of a call: names with one or more values, in order.
 *
 * @remarks
 * Source: PROTOCOL-HTTP2.md of grpc/grpc, "Custom-Metadata". Names are kept in lower case; those that end with `-bin` have bytes as
 * values, all others printable ASCII. Names that gRPC or HTTP need for themselves are refused.
 *
 * @example
 * const metadata = GrpcMetadata.from({ 'x-tenant': 'blue', 'trace-bin': new Uint8Array([1, 2]) });
 * metadata.get('X-Tenant'); // 'blue'
 */
export class GrpcMetadata implements Iterable<[name: string, value: GrpcMetadataValue]> {
  /** Its own from the first value on: most calls have none. */
  #entries: [name: string, value: GrpcMetadataValue][] = NO_ENTRIES;

  /** Makes metadata of its own. @throws UsageError if a name or a value is not allowed. */
  static from(init?: GrpcMetadataInit): GrpcMetadata {
    if (init instanceof GrpcMetadata) return init.clone();
    const metadata = new GrpcMetadata();
    if (init === undefined) return metadata;
    // The only iterable of the union that is left; the others are objects of names.
    const pairs = Symbol.iterator in init ? (init as Iterable<readonly [string, GrpcMetadataValue]>) : pairsOf(init);
    for (const [name, value] of pairs) metadata.append(name, value);
    return metadata;
  }

  /** Number of values. */
  get size(): number {
    return this.#entries.length;
  }

  /** Whether there is a value of this name. */
  has(name: string): boolean {
    if (this.#entries.length === 0) return false;
    const wanted = name.toLowerCase();
    return this.#entries.some(([candidate]) => candidate === wanted);
  }

  /** The first value of a name that does not end with `-bin`; `undefined` if there is none. */
  get(name: string): string | undefined {
    const value = this.#first(name);
    return typeof value === 'string' ? value : undefined;
  }

  /** The first value of a name that ends with `-bin`; `undefined` if there is none. */
  getBinary(name: string): Uint8Array | undefined {
    const value = this.#first(name);
    return typeof value === 'string' ? undefined : value;
  }

  /** All values of a name, in order. */
  getAll(name: string): GrpcMetadataValue[] {
    const wanted = name.toLowerCase();
    return this.#entries.filter(([candidate]) => candidate === wanted).map(([, value]) => value);
  }

  /** Adds a value. @throws UsageError if the name or the value is not allowed. */
  append(name: string, value: GrpcMetadataValue): void {
    const valid = validName(name);
    checkValue(valid, value);
    this.setReceived(valid, value);
  }

  /** Replaces all values of a name. @throws UsageError if the name or the value is not allowed. */
  set(name: string, value: GrpcMetadataValue): void {
    const valid = validName(name);
    checkValue(valid, value);
    this.delete(valid);
    this.setReceived(valid, value);
  }

  /** Removes all values of a name. @returns Whether there were any. */
  delete(name: string): boolean {
    const wanted = name.toLowerCase();
    const before = this.#entries.length;
    for (let index = before - 1; index >= 0; index--) {
      if (this.#entries[index]?.[0] === wanted) this.#entries.splice(index, 1);
    }
    return this.#entries.length < before;
  }

  /** Adds all values of `other`. */
  appendAll(other: GrpcMetadata): void {
    if (other.size === 0) return; // most have none, and an iterator costs more than the look
    for (const [name, value] of other) this.setReceived(name, value);
  }

  /** Adds a value that is known to be valid, of a name that may be reserved; for the protocol itself. The name is in lower case. */
  setReceived(name: string, value: GrpcMetadataValue): void {
    if (this.#entries === NO_ENTRIES) this.#entries = [[name, value]];
    else this.#entries.push([name, value]);
  }

  /** Makes a copy. */
  clone(): GrpcMetadata {
    const copy = new GrpcMetadata();
    copy.appendAll(this);
    return copy;
  }

  /** Names and values, in order. */
  *[Symbol.iterator](): Generator<[name: string, value: GrpcMetadataValue]> {
    for (const [name, value] of this.#entries) yield [name, value];
  }

  /** The pairs, so that metadata prints readably; bytes as Base64. */
  toJSON(): [name: string, value: string][] {
    return this.#entries.map(([name, value]) => [
      name,
      typeof value === 'string' ? value : Buffer.from(value).toString('base64'),
    ]);
  }

  #first(name: string): GrpcMetadataValue | undefined {
    if (this.#entries.length === 0) return undefined;
    const wanted = name.toLowerCase();
    return this.#entries.find(([candidate]) => candidate === wanted)?.[1];
  }
}

/** Whether gRPC or HTTP needs a name, in lower case, for itself. */
export function isReservedName(name: string): boolean {
  return (name.startsWith('grpc-') && !OF_RETRIES.has(name)) || RESERVED.has(name);
}

/** Whether a name, in lower case, is that of a field with bytes. */
export function isBinaryName(name: string): boolean {
  return name.endsWith('-bin');
}

function* pairsOf(
  init: Readonly<Record<string, GrpcMetadataValue | readonly GrpcMetadataValue[]>>,
): Generator<readonly [string, GrpcMetadataValue]> {
  for (const [name, value] of Object.entries(init)) {
    if (typeof value === 'string' || value instanceof Uint8Array) yield [name, value];
    else for (const single of value) yield [name, single];
  }
}

function validName(name: string): string {
  const lower = typeof name === 'string' ? name.toLowerCase() : '';
  if (!NAME.test(lower))
    throw new UsageError(`metadata name ${JSON.stringify(name)} may hold a-z, 0-9, "_", "-" and "." only`);
  if (isReservedName(lower)) throw new UsageError(`metadata name ${lower} is reserved`);
  return lower;
}

function checkValue(name: string, value: unknown): void {
  if (isBinaryName(name)) {
    if (!(value instanceof Uint8Array))
      throw new UsageError(`metadata ${name} takes bytes, as every name that ends with -bin`);
    return;
  }
  if (typeof value !== 'string')
    throw new UsageError(`metadata ${name} takes text; bytes need a name that ends with -bin`);
  if (!ASCII.test(value)) throw new UsageError(`the value of metadata ${name} holds more than printable ASCII`);
}

const NO_ENTRIES: [name: string, value: GrpcMetadataValue][] = [];
const NAME = /^[0-9a-z_.-]+$/;
const ASCII = /^[\x20-\x7e]*$/;
/** What gRFC A6 lets servers and clients say to each other is metadata like any other. */
const OF_RETRIES: ReadonlySet<string> = new Set(['grpc-previous-rpc-attempts', 'grpc-retry-pushback-ms']);
const RESERVED: ReadonlySet<string> = new Set([
  'te',
  'content-type',
  'content-length',
  'host',
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'trailer',
]);
