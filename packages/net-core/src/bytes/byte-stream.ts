import type { Duplex } from 'node:stream';

/**
 * A reliable, ordered stream of bytes both ways: a TCP or Unix socket, a TLS session, a pipe in memory.
 *
 * @remarks
 * Backpressure is in the contract: bytes are only read when somebody asks, and `write` says when to wait. No stream
 * queues more than one chunk of inbound bytes beyond what was handed back by {@link unread}.
 */
export interface ByteStream {
  /**
   * Reads the next chunk. The chunk is the caller's for good. One read at a time.
   *
   * @returns A chunk of at least one byte, or `undefined` when the peer has ended its direction.
   * @throws StreamError when the stream is gone; `UsageError` while another read waits or a sink consumes.
   * Rejects with `signal.reason` if aborted; no byte is lost by that.
   */
  read(options?: ReadOptions): Promise<Uint8Array | undefined>;

  /**
   * The push path, where the stream has one: bytes go to `sink` as they come, without a promise per chunk.
   * Excludes {@link read} until {@link Pausable.stop}.
   */
  consume?(sink: ByteSink): Pausable;

  /** Puts bytes back in front: the next read gets them first. The only way to rewind. */
  unread(chunk: Uint8Array): void;

  /**
   * Writes chunks in order. May be called again at once. The chunks belong to the stream for good.
   *
   * @returns `undefined` to go on at once, or a promise to wait for before writing more. The promise rejects with a
   * StreamError when the stream is gone; ignoring it is safe. It also does when the peer takes nothing more: what the peer has sent
   * before, such as an answer that says why, can then still be read where the transport has it, and {@link closed} follows soon, at the
   * latest 5 seconds later.
   */
  write(chunks: readonly Uint8Array[]): Promise<void> | undefined;

  /**
   * Writes one chunk that the caller wants back, where the stream can promise that.
   *
   * @returns True when the bytes have left the chunk, so that the caller may reuse it and go on at once; false when the
   * stream has kept the chunk, or can't take it: ask {@link write} with no chunks whether to wait. When there is a wait and it is over, the
   * bytes have left the chunk; without a wait, the chunk is the stream's for good.
   */
  writeLent?(chunk: Uint8Array): boolean;

  /**
   * Writes text of one character a byte, where the stream can do that without bytes being made of it first.
   *
   * @returns What {@link write} returns.
   */
  writeLatin1?(text: string): Promise<void> | undefined;

  /** Ends the outbound direction (FIN, close_notify, END_STREAM). Resolves when all is flushed, never rejects. */
  closeWrite(): Promise<void>;

  /**
   * Ends both directions now. With a reason, the peer sees a reset where the transport has one; without, a plain
   * close. Whatever waits is rejected with `reason`, or with a StreamError if there is none.
   */
  destroy(reason?: unknown): void;

  /** Resolves when both directions have ended. Never rejects. */
  readonly closed: Promise<CloseInfo>;

  /**
   * Hands over the kernel socket underneath, with the bytes already read from it, where there is one to hand over.
   * The stream is dead after.
   */
  detach?(): DetachedSocket | undefined;
}

/** Options of {@link ByteStream.read}. */
export interface ReadOptions {
  /** Longest chunk wanted, in bytes, at least 1. Default: whatever is there. */
  readonly maxBytes?: number;
  /** Gives up waiting; bytes that come later stay in the stream. */
  readonly signal?: AbortSignal;
}

/** Receives bytes from {@link ByteStream.consume}. Its methods must not throw. */
export interface ByteSink {
  /** Size of the chunks that the sink likes best, in bytes; a hint. Default: up to the stream. */
  readonly chunkBytes?: number;
  /**
   * Takes bytes.
   *
   * @param chunk - Borrowed: valid until the call returns, unless it returns `'kept'`.
   * @returns `'kept'` to keep `chunk` for good; the stream then reads into other memory.
   */
  onBytes(chunk: Uint8Array): 'kept' | undefined;
  /** The peer has ended its direction. If the stream dies instead, only {@link ByteStream.closed} tells. */
  onEnd(): void;
}

/** Controls a running {@link ByteStream.consume}. */
export interface Pausable {
  /** No more `onBytes` until {@link resume}; the peer feels it as backpressure. */
  pause(): void;
  /** Goes on. Bytes that are there already arrive soon, never within this call. */
  resume(): void;
  /** Ends the consumption; the stream can be read or consumed again. No byte is lost. */
  stop(): void;
  /**
   * Gives back a chunk that was kept, as it was: nobody looks at its bytes any more, so the stream may read into its memory
   * again. Saves garbage; what is no such chunk is left alone.
   */
  giveBack?(chunk: Uint8Array): void;
}

/** How a stream ended. */
export interface CloseInfo {
  /**
   * `eof`: both directions ended in good order. `reset`: the peer broke it off. `timeout`: the transport gave up.
   * `shutdown`: destroyed on this side. `error`: anything else.
   */
  readonly reason: 'eof' | 'reset' | 'timeout' | 'shutdown' | 'error';
  /** What caused it: the reason given to `destroy`, or the error of the system. */
  readonly error?: unknown;
}

/** What {@link ByteStream.detach} gives. */
export interface DetachedSocket {
  /** The socket, paused, with nothing listening to it. */
  readonly socket: Duplex;
  /** Bytes that were read from it and not consumed, in order. */
  readonly buffered: readonly Uint8Array[];
  /** Ends the socket abortively, so that the peer sees a reset, where the transport has one. Default: `socket.destroy()`. */
  readonly reset?: () => void;
}
