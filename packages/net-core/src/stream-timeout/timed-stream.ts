import type { Clock, Timer } from '@lamella/service-core';
import { TimeoutError } from '@lamella/service-core';
import type { ByteSink, ByteStream, CloseInfo, Pausable, ReadOptions } from '../bytes/byte-stream.ts';
import { quiet } from '../bytes/quiet.ts';
import type { StreamDeadlineLimits } from './stream-deadline.ts';
import { StreamDeadline } from './stream-deadline.ts';

/** A stream that is ended when it has been silent for too long. */
export class TimedStream implements ByteStream {
  readonly consume?: (sink: ByteSink) => Pausable;
  readonly writeLent?: (chunk: Uint8Array) => boolean;
  readonly writeLatin1?: (text: string) => Promise<void> | undefined;
  readonly #inner: ByteStream;
  readonly #limits: StreamDeadlineLimits;
  readonly #clock: Clock;
  readonly #deadline: StreamDeadline;
  #timer: Timer | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #readers = 0;
  #isOver = false;

  constructor(inner: ByteStream, limits: StreamDeadlineLimits, clock: Clock) {
    this.#inner = inner;
    this.#limits = limits;
    this.#clock = clock;
    this.#deadline = new StreamDeadline(limits, clock.nowMs());
    const consume = inner.consume?.bind(inner);
    if (consume !== undefined) this.consume = (sink) => this.#consume(consume, sink);
    const writeLent = inner.writeLent?.bind(inner);
    if (writeLent !== undefined) this.writeLent = (chunk) => this.#note(writeLent(chunk));
    const writeLatin1 = inner.writeLatin1?.bind(inner);
    if (writeLatin1 !== undefined) this.writeLatin1 = (text) => this.#watchWrite(this.#note(writeLatin1(text)));
    this.#arm();
    void inner.closed.then(() => {
      this.#isOver = true;
      this.#timer?.cancel();
    });
  }

  get closed(): Promise<CloseInfo> {
    return this.#inner.closed;
  }

  async read(options?: ReadOptions): Promise<Uint8Array | undefined> {
    if (this.#readers++ === 0) this.#setReading(true); // a second one is refused, and ends before the first
    try {
      const chunk = await this.#inner.read(options);
      if (chunk !== undefined) this.#deadline.noteBytes(this.#clock.nowMs());
      return chunk;
    } finally {
      if (--this.#readers === 0) this.#setReading(false);
    }
  }

  unread(chunk: Uint8Array): void {
    this.#inner.unread(chunk);
  }

  write(chunks: readonly Uint8Array[]): Promise<void> | undefined {
    const room = this.#inner.write(chunks);
    return this.#watchWrite(chunks.length > 0 ? this.#note(room) : room);
  }

  closeWrite(): Promise<void> {
    const flushed = this.#inner.closeWrite();
    void this.#watchWrite(flushed);
    return flushed;
  }

  destroy(reason?: unknown): void {
    this.#inner.destroy(reason);
  }

  #consume(consume: (sink: ByteSink) => Pausable, sink: ByteSink): Pausable {
    const { chunkBytes } = sink;
    const source = consume({
      onBytes: (chunk) => this.#note(sink.onBytes(chunk)),
      onEnd: () => {
        this.#setReading(false);
        sink.onEnd();
      },
      ...(chunkBytes === undefined ? {} : { chunkBytes }),
    });
    this.#setReading(true);
    return {
      pause: () => {
        this.#setReading(false);
        source.pause();
      },
      resume: () => {
        this.#setReading(true);
        source.resume();
      },
      stop: () => {
        this.#setReading(false);
        source.stop();
      },
      giveBack: (chunk) => source.giveBack?.(chunk),
    };
  }

  /** Bytes have gone or come. @returns `value`. */
  #note<Value>(value: Value): Value {
    this.#deadline.noteBytes(this.#clock.nowMs());
    return value;
  }

  #setReading(isReading: boolean): void {
    this.#deadline.setReading(isReading, this.#clock.nowMs());
    if (isReading) this.#arm();
  }

  #watchWrite(room: Promise<void> | undefined): Promise<void> | undefined {
    if (room === undefined) return undefined;
    this.#deadline.startWriting(this.#clock.nowMs());
    this.#arm();
    const end = (): void => this.#deadline.endWriting(this.#clock.nowMs());
    void quiet(room).then(end, end);
    return room;
  }

  /** One timer for all limits: it is left alone as long as it elapses in time, and then looks how things are. */
  #arm(): void {
    const { atMs } = this.#deadline.next();
    if (this.#isOver || atMs >= this.#timerAtMs) return;
    this.#timer?.cancel();
    this.#timerAtMs = atMs;
    this.#timer = this.#clock.startTimer(Math.max(0, atMs - this.#clock.nowMs()), () => this.#onTimer());
  }

  #onTimer(): void {
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    const { limit, atMs } = this.#deadline.next();
    if (atMs > this.#clock.nowMs()) this.#arm();
    else this.#inner.destroy(timeoutError(limit, this.#limits[limit]));
  }
}

function timeoutError(limit: keyof StreamDeadlineLimits, timeoutMs: number): TimeoutError {
  return new TimeoutError({ limit, timeoutMs, facts: { layer: 'stream-timeout', phase: PHASES[limit] } });
}

const PHASES: Readonly<Record<keyof StreamDeadlineLimits, string>> = {
  readTimeoutMs: 'read',
  writeTimeoutMs: 'write',
  idleTimeoutMs: 'idle',
};
