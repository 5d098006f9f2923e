import { LimitError, UsageError } from '@lamella/service-core';
import { HttpBodyError } from '../errors.ts';
import type { BodyChunk, BodySource } from './body-source.ts';
import { sourceOf } from './body-source.ts';
import { ChunkList } from './chunk-list.ts';
import type { HttpHeaders } from './http-headers.ts';

/** What {@link HttpBody.from} takes. */
export type HttpBodyInit =
  | HttpBody
  | string
  | Uint8Array
  | ReadableStream<Uint8Array>
  | AsyncIterable<BodyChunk>
  | Iterable<BodyChunk>;

/** Options of {@link HttpBody.from} and {@link HttpBody.fromSource}. */
export interface HttpBodyOptions {
  /**
   * Number of bytes that a stream is going to give. It becomes the Content-Length; a stream that gives more or less breaks
   * the message off. Default: unknown, which is sent chunked.
   */
  readonly size?: number;
  /** Makes the trailer fields; asked when the stream has ended. Default: none. */
  readonly trailers?: () => HttpHeaders | undefined;
}

/** Options of the methods that collect a whole body. */
export interface CollectOptions {
  /** Longest body to collect, in bytes, at least 0. Default 16_777_216 (16 MiB). */
  readonly maxBytes?: number;
}

/**
 * The content of a message: bytes that are pulled once, then trailer fields.
 *
 * @remarks
 * A body is read once, by one of `read`, `bytes`, `text`, `json`, `stream` and `toWebStream`, or given up by `cancel`. A body
 * that is neither read nor cancelled holds its connection until the engine gives up on it (`bodyIdleTimeoutMs`).
 *
 * Nothing is read ahead: the sender feels a slow reader.
 */
export class HttpBody implements AsyncIterable<Uint8Array> {
  #whole: Uint8Array | string | undefined;
  #source: BodySource | undefined;
  readonly #size: number | undefined;
  readonly #trailers: (() => HttpHeaders | undefined) | undefined;
  #state: 'unread' | 'reading' | 'ended' | 'failed' | 'cancelled' = 'unread';
  #isClaimed = false;
  #isPulling = false;
  /** What it failed with, or was cancelled with. */
  #reason: unknown;
  #overListeners: (() => void)[] | undefined;

  private constructor(
    whole: Uint8Array | string | undefined,
    source: BodySource | undefined,
    options: HttpBodyOptions = {},
  ) {
    this.#whole = whole;
    this.#source = source;
    this.#trailers = options.trailers;
    if (source !== undefined) this.#size = options.size;
    else this.#size = typeof whole === 'string' ? byteLength(whole) : (whole?.length ?? 0);
    if (this.#size !== undefined && !(Number.isSafeInteger(this.#size) && this.#size >= 0)) {
      throw new UsageError(`size must be a whole number >= 0, got ${this.#size}`);
    }
  }

  /** A body without content. Reading it twice is fine. */
  static readonly empty: HttpBody = new HttpBody(undefined, undefined);

  /**
   * Makes a body.
   *
   * @param init - Text is sent as UTF-8. Of iterables and streams one chunk is pulled at a time, when the engine has room.
   * Bytes belong to the body from now on: they may be looked at until its message is sent, so they must not be changed or transferred.
   * @throws UsageError if `size` is no whole number of at least 0, or `init` is nothing that bytes can be taken from.
   */
  static from(init: HttpBodyInit, options: HttpBodyOptions = {}): HttpBody {
    if (init instanceof HttpBody) return init;
    if (typeof init === 'string' || init instanceof Uint8Array) {
      return init.length === 0 && options.trailers === undefined
        ? HttpBody.empty
        : new HttpBody(init, undefined, options);
    }
    return new HttpBody(undefined, sourceOf(init), options);
  }

  /** Makes a body that pulls from `source`. */
  static fromSource(source: BodySource, options: HttpBodyOptions = {}): HttpBody {
    return new HttpBody(undefined, source, options);
  }

  /** Number of bytes of the whole body, if it is known before reading. */
  get size(): number | undefined {
    return this.#size;
  }

  /**
   * Number of bytes to announce when the body is sent, if any: none where trailers follow, since only chunks have a place for
   * them. RFC 9112 section 7.1.2.
   */
  get sizeOnWire(): number | undefined {
    return this.#trailers === undefined ? this.#size : undefined;
  }

  /** Whether there is certainly no content. */
  get isEmpty(): boolean {
    return this.#size === 0 && this.#source === undefined && this.#trailers === undefined;
  }

  /** Whether reading has begun, ended or been given up. */
  get isUsed(): boolean {
    return this.#state !== 'unread' || this.#isClaimed;
  }

  /** Trailer fields, once the end has been read; `undefined` before, and if there were none. */
  get trailers(): HttpHeaders | undefined {
    if (this.#state !== 'ended') return undefined;
    return this.#trailers?.() ?? this.#source?.trailers;
  }

  /**
   * Reads the next chunk, which is the caller's for good.
   *
   * @returns At least one byte, or `undefined` at the end.
   * @throws UsageError if another method has claimed the body, a read is under way, or the body was cancelled. The reason of the
   * cancellation, if that came while the read was under way. Otherwise what broke the message off, at every further read too.
   */
  read(): Promise<Uint8Array | undefined> {
    if (this.#isClaimed) return Promise.reject(new UsageError(ALREADY_READ));
    if (this.#state === 'cancelled') return Promise.reject(new UsageError(CANCELLED));
    return this.#next();
  }

  /**
   * Takes the whole content without waiting, if it is at hand; for engines, which save a promise by it.
   *
   * @returns The content (text is to be sent as UTF-8), or `undefined` if it has to be read: it is not here yet, or
   * so large that it is better sent piece by piece. Counts as reading the body.
   */
  takeWhole(): Uint8Array | string | undefined {
    if (this.#source !== undefined || this.isUsed) return undefined;
    if (this.#size !== undefined && this.#size > MAX_WHOLE_BYTES) return undefined;
    if (this.isEmpty) return EMPTY;
    this.#state = 'ended';
    this.#isClaimed = true;
    const whole = this.#whole ?? EMPTY;
    this.#whole = undefined;
    return whole;
  }

  /** Whether the whole content is in memory: an empty body, or text or bytes that nobody has read. */
  get isAtHand(): boolean {
    return this.isEmpty || (this.#source === undefined && !this.isUsed);
  }

  /** Whether {@link tryClone} can make a second body of the same content. */
  get canClone(): boolean {
    return this.isAtHand || this.#source?.canClone === true;
  }

  /**
   * Makes a second body of the same content, if it is at hand or its source can begin anew.
   *
   * @returns `undefined` for a body that can be read only once. The content is shared, not copied.
   */
  tryClone(): HttpBody | undefined {
    if (this.isEmpty) return this;
    const options = {
      ...(this.#size === undefined ? {} : { size: this.#size }),
      ...(this.#trailers === undefined ? {} : { trailers: this.#trailers }),
    };
    if (this.isAtHand) return new HttpBody(this.#whole, undefined, options);
    const source = this.#source?.tryClone?.();
    return source && new HttpBody(undefined, source, options);
  }

  /**
   * Reads everything.
   *
   * @throws LimitError if the body is longer than `maxBytes`; the rest is cancelled then.
   */
  async bytes(options: CollectOptions = {}): Promise<Uint8Array> {
    return this.#collectHere(options) ?? (await this.#collect(options));
  }

  /** Reads everything as UTF-8 text; malformed bytes become U+FFFD. Throws like {@link bytes}. */
  async text(options: CollectOptions = {}): Promise<string> {
    return decodeUtf8(this.#collectHere(options) ?? (await this.#collect(options)));
  }

  /** Reads everything as JSON. @throws HttpBodyError `LML_ERR_HTTP_BODY_BAD_JSON`; otherwise like {@link bytes}. */
  async json(options: CollectOptions = {}): Promise<unknown> {
    const text = await this.text(options);
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new HttpBodyError('LML_ERR_HTTP_BODY_BAD_JSON', 'the body is not JSON', { cause });
    }
  }

  /** The chunks as an async iterable; leaving the loop early cancels the rest. */
  stream(): AsyncIterable<Uint8Array> {
    return this;
  }

  /** The chunks; leaving the loop early cancels the rest. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    this.#claim();
    try {
      for (let chunk = await this.#next(); chunk !== undefined; chunk = await this.#next()) yield chunk;
    } finally {
      this.cancel();
    }
  }

  /** The chunks as a Web stream that reads nothing ahead; cancelling it cancels the body. */
  toWebStream(): ReadableStream<Uint8Array> {
    this.#claim();
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const chunk = await this.#next();
          if (chunk === undefined) controller.close();
          else controller.enqueue(chunk);
        },
        cancel: (reason) => this.cancel(reason),
      },
      { highWaterMark: 0 },
    );
  }

  /**
   * Gives the rest up. Does nothing after the end.
   *
   * @param reason - Passed to whoever makes the bytes, and to whoever is collecting them: what is there of a cancelled body is
   * never taken for the whole. Default: a UsageError that says so.
   */
  cancel(reason?: unknown): void {
    if (this.#state !== 'unread' && this.#state !== 'reading') return;
    if (this.isEmpty) return;
    this.#state = 'cancelled';
    this.#reason = reason;
    this.#whole = undefined;
    this.#source?.cancel(this.#cancelledWith);
    this.#tellOver();
  }

  /**
   * Ends a body that would go on for ever, such as an event stream, in good order: what its content needs at its end, as coded content does, still
   * comes by reading. See {@link BodySource.endEarly}.
   *
   * @param reason - Passed to whoever makes the bytes.
   * @returns Whether the end comes so; else nothing has happened, and the rest is to be cancelled.
   */
  endEarly(reason: unknown): boolean {
    if (this.#state !== 'unread' && this.#state !== 'reading') return false;
    return this.#source?.endEarly?.(reason) ?? false;
  }

  /**
   * Tells when the body keeps nothing busy any more: it was read to its end, failed or was cancelled, or, whether anybody reads it or
   * not, all of it is here or its connection is gone.
   *
   * @param listener - Called once, at once if that is so already; must not throw.
   *
   * @example
   * const body = HttpBody.from(['a', 'b']);
   * let isBusy = true;
   * body.onOver(() => {
   *   isBusy = false;
   * });
   * await body.text();
   * isBusy; // false
   */
  onOver(listener: () => void): void {
    if (this.#source === undefined || (this.#state !== 'unread' && this.#state !== 'reading')) {
      listener();
      return;
    }
    if (this.#overListeners !== undefined) {
      this.#overListeners.push(listener);
      return;
    }
    this.#overListeners = [listener];
    this.#source.onOver?.(() => this.#tellOver());
  }

  #tellOver(): void {
    const listeners = this.#overListeners;
    this.#overListeners = undefined;
    if (listeners !== undefined) for (const listener of listeners) listener();
  }

  /** Claims the body. @returns All of it if it is at hand, which saves a wait. */
  #collectHere({ maxBytes = DEFAULT_MAX_BYTES }: CollectOptions): Uint8Array | undefined {
    if (!(maxBytes >= 0)) throw new UsageError(`maxBytes must be >= 0, got ${maxBytes}`);
    this.#claim();
    this.#checkLength(this.#size ?? 0, maxBytes);
    return this.#source === undefined ? this.#takeBytes() : undefined;
  }

  async #collect({ maxBytes = DEFAULT_MAX_BYTES }: CollectOptions): Promise<Uint8Array> {
    const chunks = new ChunkList();
    for (let chunk = await this.#next(); chunk !== undefined; chunk = await this.#next()) {
      chunks.add(chunk);
      this.#checkLength(chunks.byteCount, maxBytes);
    }
    return chunks.joined();
  }

  #claim(): void {
    if (this.isEmpty) return;
    if (this.#state === 'cancelled') throw new UsageError(CANCELLED);
    if (this.isUsed) throw new UsageError(ALREADY_READ);
    this.#isClaimed = true;
  }

  /** The default is made when somebody looks: most bodies that are given up, as those of responses that nobody waits for, have nobody who does. */
  get #cancelledWith(): unknown {
    if (this.#reason === undefined) this.#reason = new UsageError('the body was cancelled');
    return this.#reason;
  }

  #next(): Promise<Uint8Array | undefined> {
    if (this.#state === 'cancelled') return Promise.reject(this.#cancelledWith);
    if (this.#state === 'failed') return Promise.reject(this.#reason);
    if (this.#source !== undefined && this.#state !== 'ended') return this.#pull(this.#source);
    const bytes = this.#takeBytes();
    return Promise.resolve(bytes.length === 0 ? undefined : bytes);
  }

  /** The content that is at hand, once; nothing after that. */
  #takeBytes(): Uint8Array {
    const whole = this.#whole ?? EMPTY;
    this.#whole = undefined;
    if (!this.isEmpty) this.#state = 'ended';
    return typeof whole === 'string' ? Buffer.from(whole, 'utf8') : whole;
  }

  async #pull(source: BodySource): Promise<Uint8Array | undefined> {
    if (this.#isPulling) throw new UsageError('a read of the body is under way; wait for it first');
    this.#state = 'reading';
    this.#isPulling = true;
    try {
      const chunk = await source.read();
      if (chunk === undefined) this.#end();
      return chunk;
    } catch (error) {
      throw this.#fail(error);
    } finally {
      this.#isPulling = false;
    }
  }

  /** A source that was told to stop may end as if nothing were missing. */
  #end(): void {
    if (this.#state === 'cancelled') throw this.#cancelledWith;
    this.#state = 'ended';
    this.#tellOver();
  }

  #fail(error: unknown): unknown {
    if (this.#state === 'cancelled') return this.#cancelledWith;
    this.#state = 'failed';
    this.#reason = error;
    this.#tellOver();
    return error;
  }

  #checkLength(length: number, maxBytes: number): void {
    if (length <= maxBytes) return;
    const error = new LimitError({ limit: 'maxBytes', maximum: maxBytes, observed: length, facts: { phase: 'body' } });
    this.cancel(error);
    throw error;
  }
}

/** As `TextDecoder` does it, a byte order mark in front left out; twice as fast for what is short. */
function decodeUtf8(bytes: Uint8Array): string {
  const text = utf8Slice.call(bytes, 0, bytes.length);
  return text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
}

// Buffer has it, though its types do not say so.
const { utf8Slice } = Buffer.prototype as unknown as {
  utf8Slice: (this: Uint8Array, start: number, end: number) => string;
};
/** Looked up once: globals of Node are found by a getter. */
const { byteLength } = Buffer;
const BYTE_ORDER_MARK = 0xfeff;
const ALREADY_READ = 'the body was read already; a body can be read once';
const CANCELLED = 'the body was cancelled';
const MAX_WHOLE_BYTES = 256 * 1024;
const DEFAULT_MAX_BYTES = 16 * 1024 * 1024;
const EMPTY = new Uint8Array(0);
