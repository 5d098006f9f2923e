import type { WsInflate, WsReceiver } from './ws-library.ts';
import { Receiver } from './ws-library.ts';

/** What a receiver allows. */
export interface ReceiverOptions {
  readonly isServer: boolean;
  readonly maxMessageBytes: number;
  readonly maxFragments: number;
}

/** Hears what a {@link FrameReceiver} reads. */
export interface ReceiverUser {
  onMessage(data: Buffer, isBinary: boolean): void;
  onPing(data: Buffer): void;
  onPong(data: Buffer): void;
  onConclude(code: number, reason: Buffer): void;
  /** A chunk is used up, or can't be. */
  onUsed(error: Error | null | undefined): void;
}

/**
 * Receivers of `ws` for connections with the same limits.
 *
 * @remarks
 * A receiver weighs almost a kilobyte, and between two messages it knows nothing of its connection. Most WebSockets of a server are
 * there: so each has a receiver only from the first byte of a message, or of a control frame, to the last one.
 */
export class ReceiverPool {
  readonly #options: ReceiverOptions;
  readonly #spare: FrameReceiver[] = [];

  constructor(options: ReceiverOptions) {
    this.#options = options;
  }

  /** The pool of the process for such limits. */
  static of(options: ReceiverOptions): ReceiverPool {
    const { isServer, maxMessageBytes, maxFragments } = options;
    const name = `${isServer} ${maxMessageBytes} ${maxFragments}`;
    const known = pools.get(name);
    if (known !== undefined) return known;
    const pool = new ReceiverPool(options);
    if (pools.size < MAX_POOLS) pools.set(name, pool);
    return pool;
  }

  /** Receivers that nobody has at the moment. */
  get spareCount(): number {
    return this.#spare.length;
  }

  /** Lends a receiver. */
  take(user: ReceiverUser): FrameReceiver {
    const receiver = this.#spare.pop() ?? new FrameReceiver(this.#options);
    receiver.user = user;
    return receiver;
  }

  /** Makes a receiver that inflates; it belongs to its connection, as the state of its inflating does. */
  inflating(user: ReceiverUser, inflate: WsInflate): FrameReceiver {
    const receiver = new FrameReceiver(this.#options, inflate);
    receiver.user = user;
    return receiver;
  }

  /** Takes a receiver back that is between two messages. */
  giveBack(receiver: FrameReceiver): void {
    receiver.user = undefined;
    if (this.#spare.length < MAX_SPARE) this.#spare.push(receiver);
  }
}

/** A receiver of `ws`, and who has it. */
export class FrameReceiver {
  user: ReceiverUser | undefined;
  readonly #receiver: WsReceiver;
  readonly #onUsed = (error?: Error | null): void => this.user?.onUsed(error);

  constructor(options: ReceiverOptions, inflate?: WsInflate) {
    const { isServer, maxMessageBytes, maxFragments } = options;
    this.#receiver = new Receiver({
      isServer,
      maxPayload: maxMessageBytes,
      maxFragments,
      // A message that comes in tiny pieces must not weigh a hundred times its size.
      maxBufferedChunks: Math.max(MIN_CHUNKS, Math.ceil(maxMessageBytes / MIN_MEAN_CHUNK_BYTES)),
      extensions: inflate === undefined ? {} : { 'permessage-deflate': inflate },
    });
    this.#receiver.on('message', (data: Buffer, isBinary: boolean) => this.user?.onMessage(data, isBinary));
    this.#receiver.on('ping', (data: Buffer) => this.user?.onPing(data));
    this.#receiver.on('pong', (data: Buffer) => this.user?.onPong(data));
    this.#receiver.on('conclude', (code: number, reason: Buffer) => this.user?.onConclude(code, reason));
  }

  /** Whether it knows nothing of what it has read. A `ws` that has other members than these says no, which costs but memory. */
  get isBetweenMessages(): boolean {
    const { _state, _bufferedBytes, _fragmented } = this.#receiver;
    return _state === 0 && _bufferedBytes === 0 && _fragmented === 0;
  }

  /** Takes bytes, which are its own from now on. */
  read(chunk: Buffer): void {
    this.#receiver._write(chunk, 'buffer', this.#onUsed);
  }
}

const pools = new Map<string, ReceiverPool>();
/** Whoever uses ever new limits must not fill the memory. */
const MAX_POOLS = 32;
const MAX_SPARE = 64;
const MIN_CHUNKS = 16_384;
const MIN_MEAN_CHUNK_BYTES = 512;
