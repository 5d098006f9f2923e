import type { ByteStream } from '@lamella/net-core';
import type { Clock } from '@lamella/service-core';
import type { HttpBody } from '../message/http-body.ts';
import type { OutputPart } from '../protocol/http1-outbound.ts';
import { OutputWriter } from './output-writer.ts';
import type { TurnWriter, TurnWrites } from './turn-writes.ts';
import { isKernelSocket, turnWrites } from './turn-writes.ts';

/** What an {@link Outbox} asks of a protocol. */
export interface OutboundProtocol {
  readonly hasOutput: boolean;
  takeOutput(): readonly OutputPart[];
  /** Whether what there is to write may wait: nobody else can change it from now on. Not if that needs copies of more than `maxBytes`. */
  ownOutput(maxBytes: number): boolean;
  blockWrite(isBlocked: boolean, nowMs: number): void;
  sendData(data: OutputPart, nowMs: number): void;
}

/** What an {@link Outbox} tells of. */
export interface OutboxOwner {
  /** The peer takes output again. */
  onRoom(): void;
  /** It does not: it has a deadline for that from now on. */
  onBlocked(): void;
  /** What there was to write is lost, such as bytes that a service has given away: the connection must end. */
  onFailed(error: unknown): void;
}

/** Takes the output of a protocol to the stream, and tells the protocol when the peer does not take it. */
export class Outbox implements TurnWriter {
  readonly #protocol: OutboundProtocol;
  readonly #writer: OutputWriter;
  readonly #clock: Clock;
  readonly #owner: OutboxOwner;
  readonly #turns: TurnWrites;
  readonly #isSocket: boolean;
  #room: Promise<void> | undefined;
  #isHolding = false;
  #isGathered = false;
  #answersHeld = 0;
  #hasFailed = false;
  #bytesWritten = 0;

  /** @param turns - Where writes are gathered, if the stream is a socket. */
  constructor(
    stream: ByteStream,
    protocol: OutboundProtocol,
    clock: Clock,
    owner: OutboxOwner,
    turns: TurnWrites = turnWrites,
  ) {
    this.#turns = turns;
    this.#protocol = protocol;
    this.#writer = new OutputWriter(stream);
    this.#isSocket = isKernelSocket(stream);
    this.#clock = clock;
    this.#owner = owner;
  }

  /** Bytes written so far. */
  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  /** Whether the peer takes nothing now. */
  get isBlocked(): boolean {
    return this.#room !== undefined;
  }

  /** Whether the peer takes nothing more. What it has sent before may still be read; then the stream ends, which its `closed` tells. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** Writes what there is, unless it is held; together with what other connections write in this turn of the event loop. */
  flush(): void {
    if (this.#isHolding || !this.#protocol.hasOutput) return;
    const mayWait = this.#isSocket && this.#protocol.ownOutput(MAX_OWN_BYTES);
    if (mayWait && (this.#isGathered || this.#turns.gather(this))) this.#isGathered = true;
    else void this.#write();
  }

  /**
   * Writes what there is, held or not, at once: what comes next is not for the protocol.
   *
   * @returns A promise to wait for, if the peer is slow; ignoring it is safe.
   */
  flushNow(): Promise<void> | undefined {
    this.#endHold();
    return this.#write();
  }

  // ---- TurnWriter

  writeTurn(): void {
    this.#isGathered = false;
    if (!this.#isHolding) void this.#write();
  }

  failTurn(error: unknown): void {
    this.#owner.onFailed(error);
  }

  // ---- holding

  /** Holds output until the end of this turn of the event loop, so that what comes together leaves together. */
  hold(): void {
    if (this.#isHolding) return;
    this.#isHolding = true;
    setImmediate(() => {
      if (this.#isHolding) void this.flushNow();
    });
  }

  /** Holds one more answer, as long as they are few: a peer that does not read must be noticed. */
  holdAnswer(): void {
    if (++this.#answersHeld < MAX_ANSWERS_HELD && this.#protocol.ownOutput(MAX_OWN_BYTES)) this.hold();
    else void this.flushNow();
  }

  /** Writes what was held. */
  release(): void {
    this.#endHold();
    this.flush();
  }

  /**
   * Sends a body chunk by chunk, as fast as its source gives and the peer takes.
   *
   * @remarks
   * A chunk that is there at once leaves in one write with what was sent before it, such as the head; if none is there, the
   * head does not wait for it. A source that always has a chunk at hand gets the event loop to itself for a few chunks only:
   * everybody else has a turn in between, and so has the news that the peer is gone. A large chunk goes in pieces: the peer has to
   * take each of them in time, not all of it at once.
   *
   * @param target - Says when nobody wants the body any more.
   * @returns Whether the end was reached. Rejects when the source fails.
   */
  async pump(body: HttpBody, target: { readonly isOver: boolean }): Promise<boolean> {
    for (let chunks = 1; ; chunks++) {
      const reading = body.read();
      this.hold();
      const chunk = await reading;
      if (target.isOver) return false;
      if (chunk === undefined) return true;
      for (let at = 0; at < chunk.length; at += MAX_PIECE_BYTES) {
        const piece = chunk.length > MAX_PIECE_BYTES ? chunk.subarray(at, at + MAX_PIECE_BYTES) : chunk;
        this.#protocol.sendData(piece, this.#clock.coarseNowMs());
        this.#isHolding = false;
        const room = this.#write();
        if (room !== undefined) {
          try {
            await room;
          } catch {
            return false; // nobody takes it any more
          }
        } else if (chunks % CHUNKS_A_TURN === 0) await nextTurn();
        if (target.isOver) return false;
      }
    }
  }

  #endHold(): void {
    this.#isHolding = false;
    this.#answersHeld = 0;
  }

  #write(): Promise<void> | undefined {
    const output = this.#protocol.takeOutput();
    if (output.length === 0) return this.#room;
    for (const part of output) this.#bytesWritten += part.length;
    let room: Promise<void> | undefined;
    try {
      room = this.#writer.write(output);
    } catch (error) {
      this.#owner.onFailed(error); // what comes next would stand in the place of what is lost
      return undefined;
    }
    if (room === undefined || this.#room !== undefined) return this.#room ?? room;
    this.#room = room;
    this.#protocol.blockWrite(true, this.#clock.coarseNowMs());
    this.#owner.onBlocked();
    room.then(
      () => this.#unblock(),
      () => this.#fail(),
    );
    return room;
  }

  /** Nothing more is waited for here: the end of the stream comes soon. */
  #fail(): void {
    this.#hasFailed = true;
    this.#protocol.blockWrite(false, this.#clock.coarseNowMs());
  }

  #unblock(): void {
    this.#room = undefined;
    this.#protocol.blockWrite(false, this.#clock.coarseNowMs());
    this.#owner.onRoom();
  }
}

const MAX_ANSWERS_HELD = 16;
/** Little enough for a copy to cost less than a write of its own. */
const MAX_OWN_BYTES = 4 * 1024;
/** Small enough for a slow peer to take it in time, large enough to cost nothing. */
const MAX_PIECE_BYTES = 256 * 1024;
/** Long enough to cost nothing, short enough for the rest of the process. */
const CHUNKS_A_TURN = 16;

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
