import type { Clock, Timer } from '@lamella/service-core';
import type { DeliveryTurns } from './delivery-turns.ts';
import type { FullLinkConditions } from './link-conditions.ts';
import { lossStallMs } from './packet-loss.ts';
import type { Random } from './random.ts';

/** Where a {@link MemoryWire} delivers to. */
export interface WireReceiver {
  /** Some bytes have arrived; they belong to the receiver. */
  onBytes(bytes: Uint8Array): void;
  /** All bytes have arrived. */
  onEnd(): void;
  /** The sender has broken the connection off. */
  onReset(): void;
  /** The number of bytes at which the conditions ask for a reset has arrived. */
  onResetFault(): void;
  /** Some bytes were lost, and come later. */
  onLoss(byteCount: number): void;
  /** The receiver has taken bytes, so that the sender may have room again. */
  onRoom(): void;
}

/** What a {@link MemoryWire} lives in. */
export interface WireWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly turns: DeliveryTurns;
  /** Asked at each use, so that conditions may change while the wire is in use. */
  readonly conditions: () => FullLinkConditions;
  /** Whether nothing passes now, as in a partition; asked at each delivery. */
  readonly isStalled: () => boolean;
}

/**
 * One direction of a connection in memory: bytes go in, and come out later, in order, in pieces.
 *
 * @remarks
 * Without latency and bandwidth limits, bytes arrive as soon as {@link DeliveryTurns} lets them.
 */
export class MemoryWire {
  readonly #world: WireWorld;
  readonly #receiver: WireReceiver;
  readonly #segments: Segment[] = [];
  #hasEnd = false;
  #isEndDelivered = false;
  #isReady = false;
  #isScheduled = false;
  #isClosed = false;
  #timer: Timer | undefined;
  #resetAtMs: number | undefined;
  #lineFreeMs = 0;
  #bytesUnread = 0;
  #bytesDelivered = 0;

  constructor(world: WireWorld, receiver: WireReceiver) {
    this.#world = world;
    this.#receiver = receiver;
  }

  /** Bytes sent that the receiver has not taken yet. */
  get bytesUnread(): number {
    return this.#bytesUnread;
  }

  /** Bytes that the receiver has taken. */
  get bytesDelivered(): number {
    return this.#bytesDelivered;
  }

  /** Whether the end has been sent. */
  get hasEnd(): boolean {
    return this.#hasEnd;
  }

  /** Sends bytes, which belong to the wire from now on. */
  send(bytes: Uint8Array): void {
    if (this.#isClosed || this.#resetAtMs !== undefined || bytes.length === 0) return;
    this.#bytesUnread += bytes.length;
    this.#segments.push({ bytes, atMs: this.#arrivalMs(bytes.length) });
    this.#schedule();
  }

  /** Sends the end: no bytes follow. */
  sendEnd(): void {
    if (this.#isClosed || this.#hasEnd) return;
    this.#hasEnd = true;
    this.#segments.push({ bytes: undefined, atMs: this.#arrivalMs(0) });
    this.#schedule();
  }

  /** Breaks the connection off: what is under way is lost, and the receiver hears of it even if it reads nothing. */
  sendReset(): void {
    if (this.#isClosed || this.#resetAtMs !== undefined) return;
    this.#segments.length = 0;
    this.#bytesUnread = 0;
    this.#resetAtMs = this.#latencyMs() + this.#world.clock.nowMs();
    this.#schedule();
  }

  /** The receiver wants bytes. */
  resume(): void {
    this.#isReady = true;
    if (this.#segments.length > 0) this.#schedule();
  }

  /** The receiver wants no bytes for now. */
  pause(): void {
    this.#isReady = false;
  }

  /** Something outside has changed, such as the end of a partition. */
  wake(): void {
    this.#schedule();
  }

  /** Forgets everything under way; nothing is delivered any more. */
  close(): void {
    this.#isClosed = true;
    this.#segments.length = 0;
    this.#bytesUnread = 0;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #latencyMs(): number {
    return this.#world.random.within(this.#world.conditions().latencyMs);
  }

  #arrivalMs(byteCount: number): number {
    const conditions = this.#world.conditions();
    const { bytesPerSecond } = conditions;
    const stallMs = lossStallMs(conditions, this.#world.random);
    if (stallMs > 0) this.#receiver.onLoss(byteCount);
    const latencyMs = this.#latencyMs() + stallMs;
    if (latencyMs === 0 && bytesPerSecond === Number.POSITIVE_INFINITY && this.#lineFreeMs === 0) return 0;
    const nowMs = this.#world.clock.nowMs();
    // The line is busy while bytes go over it; and no segment overtakes an earlier one.
    const sentMs = Math.max(nowMs, this.#lineFreeMs) + (byteCount / bytesPerSecond) * 1_000;
    this.#lineFreeMs = sentMs;
    const last = this.#segments.at(-1);
    return Math.max(sentMs + latencyMs, last?.atMs ?? 0);
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isClosed) return;
    this.#isScheduled = true;
    const deliver = (): void => {
      this.#isScheduled = false;
      this.#deliver();
    };
    this.#world.turns.schedule(deliver);
  }

  #deliver(): void {
    if (this.#resetAtMs !== undefined && !this.#world.isStalled() && this.#hasArrived(this.#resetAtMs)) {
      this.close();
      this.#receiver.onReset();
    }
    while (this.#isReady && !this.#isClosed && !this.#world.isStalled()) {
      const segment = this.#segments[0];
      if (segment === undefined || !this.#hasArrived(segment.atMs)) return;
      this.#deliverFirst(segment);
    }
  }

  /** Whether the time has come; if not, delivers again when it has. */
  #hasArrived(atMs: number): boolean {
    const waitMs = atMs === 0 ? 0 : atMs - this.#world.clock.nowMs();
    if (waitMs <= 0) return true;
    this.#timer?.cancel();
    this.#timer = this.#world.clock.startTimer(waitMs, () => {
      this.#timer = undefined;
      this.#deliver();
    });
    return false;
  }

  #deliverFirst(segment: Segment): void {
    if (segment.bytes === undefined) {
      this.#segments.shift();
      if (this.#isEndDelivered) return;
      this.#isEndDelivered = true;
      this.#receiver.onEnd();
      return;
    }
    const piece = this.#cutPiece(segment, segment.bytes);
    this.#bytesUnread -= piece.length;
    this.#bytesDelivered += piece.length;
    if (piece.length > 0) this.#receiver.onBytes(piece);
    this.#receiver.onRoom();
    if (this.#bytesDelivered >= this.#world.conditions().resetAfterBytes) this.#receiver.onResetFault();
  }

  #cutPiece(segment: Segment, bytes: Uint8Array): Uint8Array {
    const { chunkBytes, resetAfterBytes } = this.#world.conditions();
    const size = Math.min(this.#world.random.within(chunkBytes), Math.max(0, resetAfterBytes - this.#bytesDelivered));
    if (size >= bytes.length) {
      this.#segments.shift();
      return bytes;
    }
    segment.bytes = bytes.subarray(size);
    return bytes.subarray(0, size);
  }
}

interface Segment {
  /** `undefined` is the end. */
  bytes: Uint8Array | undefined;
  readonly atMs: number;
}
