import type { Duplex } from 'node:stream';
import { ClosedError, UsageError } from '@lamella/service-core';
import type { ByteSink, ByteStream, CloseInfo, DetachedSocket, Pausable, ReadOptions } from '../bytes/byte-stream.ts';
import { quietRejection, quietResolvers } from '../bytes/quiet.ts';
import type { ReadOrigin } from '../bytes/read-side.ts';
import { ReadSide } from '../bytes/read-side.ts';
import { toStreamError } from '../errors.ts';
import type { TrackedResource } from '../ledger/ledger.ts';
import { trackResource } from '../ledger/ledger.ts';
import { allowReads, isLostWrite, LAST_READS_MS, tellsTrueEnd } from './lost-write.ts';

/** Under which a duplex knows its stream. */
const STREAM: unique symbol = Symbol('lamella byte stream');

/** Where the bytes of a duplex go. */
export interface ChunkTarget {
  /** Takes a chunk, as {@link ReadSide.push} does. */
  push(chunk: Uint8Array, isGiven?: boolean): 'kept' | undefined;
}

/**
 * Options of {@link byteStreamFromDuplex}. Most users need none: they are for transports.
 *
 * @remarks
 * The functions get the duplex, so that the same options do for all of a kind.
 */
export interface DuplexByteStreamOptions<Wrapped extends Duplex = Duplex> {
  /** Under which kind the ledger counts the stream. Default `'stream'`. */
  readonly kind?: string;
  /** Names the stream in the ledger. Default `'a Node duplex'`. */
  readonly describe?: (duplex: Wrapped) => string;
  /** Where inbound bytes come from, if not from `data` events: gets what to push them to, and returns how to make them wait. */
  readonly inbound?: (target: ChunkTarget, duplex: Wrapped) => ReadOrigin;
  /**
   * Whether the duplex has sent a chunk for good when its `writableLength` is 0 after the write. True for kernel sockets
   * only: others hand the chunk on inside. What the peer of such a socket has sent is read although a write fails because the
   * peer is gone. Default false.
   */
  readonly isKernelSocket?: boolean;
  /** Ends the duplex abortively, so that the peer sees a reset. Default: `duplex.destroy(error)`. */
  readonly reset?: (duplex: Wrapped) => void;
  /** Ends the duplex plainly, for `destroy` without a reason. It has to close soon. Default: `duplex.destroy()`. */
  readonly close?: () => void;
  /**
   * Asked when the duplex has ended: an error says that the peer broke off, and that its bytes may not be all there were.
   * Default: every end is one.
   */
  readonly endError?: () => Error | undefined;
  /** Hears once when the duplex has closed, whoever has it by then. */
  readonly onClose?: (duplex: Wrapped) => void;
  /** What an error of the duplex means. Default: what its `code` says, as far as systems have such codes. */
  readonly closeInfo?: (error: unknown) => CloseInfo;
}

/**
 * Makes a {@link ByteStream} of a Node `Duplex`, such as a socket, a TLS socket or the stdio of a child process.
 *
 * @remarks
 * The stream owns the duplex from now on: nobody else may read, write, pause or destroy it. A duplex that emits `error`
 * at any time, also after its end, never throws: the error becomes {@link ByteStream.closed}. The duplex should allow
 * half-open connections (`allowHalfOpen`), or the end of the peer ends both directions.
 *
 * @throws UsageError if a byte stream owns the duplex already, and has not handed it over by `detach`.
 */
export function byteStreamFromDuplex<Wrapped extends Duplex>(
  duplex: Wrapped,
  options: DuplexByteStreamOptions<Wrapped> = {},
): ByteStream {
  const own = options as DuplexByteStreamOptions; // its functions are called with this duplex alone
  return own.isKernelSocket === true ? new KernelSocketStream(duplex, own) : new DuplexByteStream(duplex, own);
}

/**
 * One of these stands on every connection, and most connections of a server are idle: what is needed once in a life is made when
 * it is needed, and the listeners are the same functions for all.
 */
class DuplexByteStream implements ByteStream, ChunkTarget {
  readonly closed: Promise<CloseInfo>;
  readonly #duplex: OwnedDuplex;
  readonly #options: DuplexByteStreamOptions;
  readonly #readSide: ReadSide;
  readonly #resource: TrackedResource;
  readonly #resolveClosed: (info: CloseInfo) => void;
  #isFlushed = false;
  #flushed: PromiseWithResolvers<void> | undefined;
  #drained: PromiseWithResolvers<void> | undefined;
  #hasEndedWrite = false;
  #isDetached = false;
  #shutdown: { readonly reason: unknown } | undefined;
  #error: unknown;
  /** Runs since a write has been lost, until all was read that came before. */
  #lastReads: NodeJS.Timeout | undefined;
  #closeInfo: CloseInfo | undefined;

  constructor(duplex: OwnedDuplex, options: DuplexByteStreamOptions) {
    // Both would hear each event: bytes would be read twice.
    if (duplex[STREAM] !== undefined) throw new UsageError('a byte stream owns this duplex already');
    this.#duplex = duplex;
    this.#options = options;
    const { promise, resolve } = Promise.withResolvers<CloseInfo>();
    this.closed = promise;
    this.#resolveClosed = resolve;
    this.#resource = trackResource(options.kind ?? 'stream', options.describe ?? describeDuplex, duplex);
    const origin = options.inbound?.(this, duplex) ?? this.#dataEvents();
    this.#readSide = new ReadSide(origin);
    this.#duplex[STREAM] = this;
    for (const [event, listener] of LISTENERS) duplex.on(event, listener);
    // Node has no event between a failed write and the end of the duplex; a callback would cost something for each write.
    if (options.isKernelSocket === true) duplex.destroy = destroyAfterReads;
    // What has happened before is not told again.
    if (duplex.readableEnded) this.onEnd();
    if (duplex.writableFinished) this.onFlushed();
    if (duplex.destroyed) queueMicrotask(() => this.onClose());
  }

  read(options?: ReadOptions): Promise<Uint8Array | undefined> {
    return this.#readSide.read(options);
  }

  consume(sink: ByteSink): Pausable {
    return this.#readSide.consume(sink);
  }

  unread(chunk: Uint8Array): void {
    this.#readSide.unread(chunk);
  }

  write(chunks: readonly Uint8Array[]): Promise<void> | undefined {
    const refusal = this.#refusal();
    if (refusal !== undefined) return quietRejection(refusal);
    this.#writeAll(chunks);
    return this.#room();
  }

  closeWrite(): Promise<void> {
    if (!this.#hasEndedWrite && this.#closeInfo === undefined) {
      this.#hasEndedWrite = true;
      this.#duplex.end();
    }
    if (this.#isFlushed) return Promise.resolve();
    this.#flushed ??= Promise.withResolvers();
    return this.#flushed.promise;
  }

  destroy(reason?: unknown): void {
    if (this.#closeInfo !== undefined || this.#shutdown !== undefined) return;
    this.#shutdown = { reason };
    if (this.#lastReads !== undefined)
      this.#duplex.destroy(); // the peer is gone: there is nobody to say goodbye to
    else if (reason === undefined) this.#closePlainly();
    else if (this.#options.reset !== undefined) this.#options.reset(this.#duplex);
    else this.#duplex.destroy(reason instanceof Error ? reason : new ClosedError('destroyed', { cause: reason }));
    // The duplex emits `close` a little later; whoever waits on this side hears of it now.
    const info = this.#info();
    this.#readSide.fail(info);
    this.#failWrites(info);
  }

  detach(): DetachedSocket | undefined {
    if (this.#closeInfo !== undefined || this.#shutdown !== undefined || this.#lastReads !== undefined)
      return undefined;
    this.#isDetached = true;
    const buffered = this.#readSide.release();
    for (const [event, listener] of LISTENERS) this.#duplex.off(event, listener);
    this.#duplex.off('data', onData);
    this.#duplex[STREAM] = undefined;
    const { onClose } = this.#options;
    if (onClose !== undefined) this.#duplex.on('close', () => onClose(this.#duplex));
    this.#resource.release();
    this.#close({ reason: 'shutdown' });
    const { reset } = this.#options;
    const socket = this.#duplex;
    return { socket, buffered, ...(reset === undefined ? {} : { reset: () => reset(socket) }) };
  }

  // ---- from the duplex

  push(chunk: Uint8Array, isGiven = false): 'kept' | undefined {
    return this.#readSide.push(chunk, isGiven);
  }

  onData(chunk: Uint8Array): void {
    this.#readSide.push(chunk, true);
  }

  onEnd(): void {
    const error = this.#options.endError?.();
    if (this.#lastReads !== undefined) {
      if (error === undefined && tellsTrueEnd(this.#error)) this.#readSide.end();
      this.#duplex.destroy();
      return;
    }
    if (error === undefined) {
      this.#readSide.end();
      return;
    }
    this.onError(error); // not by way of the duplex: Node makes text of the stack of each error that it is given
    this.#duplex.destroy();
  }

  onDrain(): void {
    this.#drained?.resolve();
    this.#drained = undefined;
  }

  onFlushed(): void {
    this.#isFlushed = true;
    this.#flushed?.resolve();
  }

  onError(error: unknown): void {
    this.#error ??= error;
  }

  /**
   * A write has found that the peer is gone.
   *
   * @returns Whether the duplex is to live on, since what has come from the peer may not all be read yet.
   */
  onLostWrite(error: unknown): boolean {
    if (this.#shutdown !== undefined || this.#readSide.hasEnded || !allowReads(this.#duplex)) return false;
    if (this.#lastReads !== undefined) return true; // several writes of one turn fail each for itself
    this.onError(error);
    this.#hasEndedWrite = true;
    this.#lastReads = setTimeout(() => this.#duplex.destroy(), LAST_READS_MS).unref();
    this.#failWrites(this.#info());
    if (this.#readSide.isFlowing) this.#duplex.read(0); // Node has ignored what it was asked for since the write failed
    return true;
  }

  onClose(): void {
    clearTimeout(this.#lastReads);
    if (this.#closeInfo === undefined) this.#options.onClose?.(this.#duplex);
    this.#close(this.#info());
  }

  // ---- inside

  #closePlainly(): void {
    if (this.#options.close === undefined) this.#duplex.destroy();
    else this.#options.close();
  }

  /** Writes one chunk. @returns Whether the duplex holds nothing of it. */
  protected writeThrough(chunk: Uint8Array): boolean {
    if (this.#refusal() !== undefined) return false; // the next `write` tells
    this.#duplex.write(chunk);
    return this.#duplex.writableLength === 0;
  }

  /** Writes text of one character a byte. */
  protected writeText(text: string): Promise<void> | undefined {
    const refusal = this.#refusal();
    if (refusal !== undefined) return quietRejection(refusal);
    this.#duplex.write(text, 'latin1');
    return this.#room();
  }

  #room(): Promise<void> | undefined {
    if (!this.#duplex.writableNeedDrain) return undefined;
    // Node asks to wait after any write as long as its mark, even if the kernel has taken all of it already.
    if (this.#options.isKernelSocket === true && this.#duplex.writableLength === 0) return undefined;
    this.#drained ??= quietResolvers();
    return this.#drained.promise;
  }

  #dataEvents(): ReadOrigin {
    const duplex = this.#duplex;
    duplex.on('data', onData);
    duplex.pause();
    return { resume: () => void duplex.resume(), pause: () => void duplex.pause() };
  }

  #writeAll(chunks: readonly Uint8Array[]): void {
    if (chunks.length === 1) {
      this.#duplex.write(chunks[0]);
      return;
    }
    this.#duplex.cork();
    for (const chunk of chunks) this.#duplex.write(chunk);
    this.#duplex.uncork();
  }

  #refusal(): unknown {
    if (this.#closeInfo !== undefined) return toStreamError(this.#closeInfo);
    if (this.#shutdown !== undefined || this.#duplex.destroyed) return toStreamError(this.#info());
    if (!this.#hasEndedWrite) return undefined;
    if (this.#lastReads !== undefined) return toStreamError(this.#info());
    return new UsageError('cannot write: closeWrite was called');
  }

  #info(): CloseInfo {
    if (this.#shutdown !== undefined) {
      const { reason } = this.#shutdown;
      return reason === undefined ? { reason: 'shutdown' } : { reason: 'shutdown', error: reason };
    }
    if (this.#error !== undefined) return (this.#options.closeInfo ?? closeInfoOf)(this.#error);
    return this.#readSide.hasEnded && this.#duplex.writableFinished ? { reason: 'eof' } : { reason: 'reset' };
  }

  #close(info: CloseInfo): void {
    if (this.#closeInfo !== undefined) return;
    this.#closeInfo = info;
    if (!this.#isDetached) this.#resource.release();
    this.#readSide.fail(info);
    this.#failWrites(info);
    this.#resolveClosed(info);
  }

  #failWrites(info: CloseInfo): void {
    this.onFlushed();
    this.#drained?.reject(toStreamError(info));
    this.#drained = undefined;
  }
}

/** A kernel socket that has nothing left to write has sent a chunk for good, which may then be used again. */
class KernelSocketStream extends DuplexByteStream {
  writeLent(chunk: Uint8Array): boolean {
    return this.writeThrough(chunk);
  }

  writeLatin1(text: string): Promise<void> | undefined {
    return this.writeText(text);
  }
}

/** A duplex, and the stream that owns it. */
type OwnedDuplex = Duplex & { [STREAM]?: DuplexByteStream | undefined };

function describeDuplex(): string {
  return 'a Node duplex';
}

function closeInfoOf(error: unknown): CloseInfo {
  const code = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined;
  return { reason: (typeof code === 'string' ? REASONS[code] : undefined) ?? 'error', error };
}

function onData(this: OwnedDuplex, chunk: Uint8Array): void {
  this[STREAM]?.onData(chunk);
}

/** The same functions for all: they find their stream by the duplex that they are called on. */
const LISTENERS = Object.entries({
  end(this: OwnedDuplex): void {
    this[STREAM]?.onEnd();
  },
  drain(this: OwnedDuplex): void {
    this[STREAM]?.onDrain();
  },
  finish(this: OwnedDuplex): void {
    this[STREAM]?.onFlushed();
  },
  // Kept for ever: an error without a listener would end the process.
  error(this: OwnedDuplex, error: unknown): void {
    this[STREAM]?.onError(error);
  },
  close(this: OwnedDuplex): void {
    this[STREAM]?.onClose();
  },
});

/**
 * Stands before `destroy` of a kernel socket. It stays there when the duplex is handed over, and does nothing then: taking it
 * away would make the duplex slow.
 */
function destroyAfterReads<Wrapped extends OwnedDuplex>(this: Wrapped, error?: Error, ...rest: unknown[]): Wrapped {
  if (isLostWrite(error) && this[STREAM]?.onLostWrite(error) === true) return this;
  const { destroy } = Object.getPrototypeOf(this) as { destroy(...args: unknown[]): Wrapped };
  return destroy.call(this, error, ...rest);
}

const REASONS: Readonly<Record<string, CloseInfo['reason']>> = {
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  ECONNABORTED: 'reset',
  ETIMEDOUT: 'timeout',
  // The duplex may itself stand on a byte stream.
  LML_ERR_STREAM_RESET: 'reset',
  LML_ERR_STREAM_TIMEOUT: 'timeout',
};
