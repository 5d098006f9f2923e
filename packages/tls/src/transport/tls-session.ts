import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { ByteStream, CloseInfo } from '@lamella/net-core';
import { byteStreamFromDuplex } from '@lamella/net-core';
import { TlsError, TlsSessionError } from '../errors.ts';
import { handshakeMessage, peerFacts, toTlsError, toTlsSessionError } from '../failure/to-tls-error.ts';
import type { HandshakeDeadline } from './handshake-deadline.ts';
import type { RawTransport } from './raw-transport.ts';

/** What a {@link TlsSession} needs. */
export interface TlsSessionOptions {
  /** Makes the socket of `node:tls` on a duplex. */
  readonly open: (duplex: Duplex) => TLSSocket;
  /** Event that says that the handshake is done. */
  readonly doneEvent: 'secureConnect' | 'secure';
  /** The other side, for messages. */
  readonly peer: string | undefined;
  /** Whether an end without `close_notify` is an end like any other. */
  readonly acceptsTruncation: boolean;
}

/** One TLS session on one transport: joins the socket of `node:tls` with a {@link ByteStream}. */
export class TlsSession {
  readonly socket: TLSSocket;
  readonly stream: ByteStream;
  readonly #raw: RawTransport;
  readonly #options: TlsSessionOptions;
  #isSecure = false;
  #isTruncated = false;
  #onEarlyEnd: (() => void) | undefined;

  /** @throws What `open` throws; the transport is closed then. */
  constructor(raw: RawTransport, options: TlsSessionOptions) {
    this.#raw = raw;
    this.#options = options;
    const quiet = (): void => {};
    raw.duplex.on('error', quiet); // until there is a session to hear of it; it stays, and does no harm
    try {
      this.socket = options.open(raw.duplex);
    } catch (error) {
      raw.duplex.destroy();
      throw error;
    }
    // Node tells its TLS socket that the duplex has closed, but not always why.
    raw.duplex.on('error', (error) => this.socket.destroy(error));
    // Once a session stands, Node tells of broken records, and leaves the socket open; of those of a server by this event only.
    for (const event of ['error', '_tlsError']) this.socket.on(event, (error: Error) => this.socket.destroy(error));
    this.#watchEnd();
    this.stream = byteStreamFromDuplex(this.socket, {
      kind: raw.isNative ? 'socket' : 'stream',
      describe: () => `tls${options.peer === undefined ? '' : ` with ${options.peer}`}`,
      close: () => this.#close(),
      reset: () => this.#reset(),
      endError: () => (this.#isTruncated ? this.#truncation() : undefined),
      closeInfo: (error) => this.#closeInfo(error),
    });
  }

  /** Whether a byte of the peer has come. */
  get hasReceived(): boolean {
    return this.#raw.hasReceived();
  }

  /**
   * Waits until the handshake is done.
   *
   * @throws TlsError if it fails or takes too long, with the session destroyed; the reason if it is aborted.
   */
  async handshake(deadline: HandshakeDeadline): Promise<void> {
    const { socket } = this;
    const { doneEvent, peer } = this.#options;
    const done = Promise.withResolvers<void>();
    const onError = (error: unknown): void => done.reject(toTlsError(error, peer));
    const onClose = (): void => onError(closedEarly(peer));
    this.#onEarlyEnd = onClose;
    socket.on(doneEvent, done.resolve).on('error', onError).on('close', onClose);
    try {
      await deadline.race(done.promise);
      // What came behind the handshake in the same turn may have broken the session: nothing is to be asked of it then.
      if (socket.destroyed) throw socket.errored === null ? closedEarly(peer) : toTlsError(socket.errored, peer);
      this.#isSecure = true;
      this.#raw.endHandshake();
    } catch (error) {
      socket.destroy(); // without an error: an alert that was written shall reach the peer
      throw error;
    } finally {
      this.#onEarlyEnd = undefined;
      socket.off(doneEvent, done.resolve).off('error', onError).off('close', onClose);
    }
  }

  /** Ends it without a word, for what is wrong although the handshake is done. */
  abandon(): void {
    this.socket.destroy();
  }

  /** Whether both sides have said goodbye: what becomes of the transport then is none of the session's business. */
  get #hasEnded(): boolean {
    return this.socket.readableEnded && this.socket.writableFinished && !this.#isTruncated;
  }

  /** Sees the end of the session at the moment when Node reads it: only then can be told what has ended. */
  #watchEnd(): void {
    const { socket } = this;
    const push = socket.push;
    socket.push = (chunk, encoding) => {
      if (chunk === null) this.#onRawEnd();
      return push.call(socket, chunk, encoding);
    };
  }

  #onRawEnd(): void {
    const hasEnded = this.#raw.hasEnded(this.socket);
    this.#isTruncated = hasEnded && !this.#options.acceptsTruncation;
    this.#onEarlyEnd?.();
  }

  #truncation(): TlsSessionError {
    const { peer } = this.#options;
    const why = 'the peer ended the connection without saying so in TLS (no close_notify): bytes may be missing';
    return new TlsSessionError(
      'LML_ERR_TLS_TRUNCATED',
      `tls session${peer === undefined ? '' : ` with ${peer}`}: ${why}`,
      {
        ...peerFacts(peer),
      },
    );
  }

  #closeInfo(error: unknown): CloseInfo {
    if (this.#hasEnded) return { reason: 'eof' };
    if (error instanceof TlsSessionError) return { reason: 'reset', error };
    const session = toTlsSessionError(error, this.#options.peer);
    if (session.code === 'LML_ERR_TLS_CLOSED') return { reason: 'reset', error };
    if (session.code === 'LML_ERR_TLS_TIMEOUT') return { reason: 'timeout', error };
    return { reason: 'error', error: session.code === 'LML_ERR_TLS_FAILED' ? error : session };
  }

  /** Says goodbye with `close_notify`, if the transport takes it soon, and closes. */
  #close(): void {
    if (!this.#isSecure) {
      this.socket.destroy();
      return;
    }
    this.socket.end();
    this.#whenFinished(() => this.socket.destroy());
  }

  #reset(): void {
    const reset = (): void => {
      this.#raw.reset(new Error('the TLS session was broken off'));
      this.socket.destroy();
    };
    // While the kernel is being told of our end, it takes no reset.
    if (this.socket.writableEnded && !this.socket.writableFinished) this.#whenFinished(reset);
    else reset();
  }

  /** Calls `then` once what was written is out, or when the transport has not taken it for some turns of the event loop. */
  #whenFinished(then: () => void, turns = LINGER_TURNS): void {
    if (this.socket.writableFinished || this.socket.destroyed || turns === 0) then();
    else setImmediate(() => this.#whenFinished(then, turns - 1));
  }
}

function closedEarly(peer: string | undefined): TlsError {
  const why = 'the peer closed the connection during the handshake; its log may say why';
  return new TlsError('LML_ERR_TLS_CLOSED', handshakeMessage(peer, why), peerFacts(peer));
}

/** A transport with room takes all that was written, and the end, within three turns. */
const LINGER_TURNS = 8;
