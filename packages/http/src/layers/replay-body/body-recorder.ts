import { LimitError } from '@lamella/service-core';
import type { BodySource } from '../../message/body-source.ts';
import { HttpBody } from '../../message/http-body.ts';
import type { HttpHeaders } from '../../message/http-headers.ts';
import { sameBodyOptions } from '../shared/watched-body.ts';

/**
 * Remembers what is read of a body, up to a limit, so that it can be read again from its begin.
 *
 * @remarks
 * Nothing is read ahead: the body is pulled when a reader has had all that is remembered. Beyond the limit everything is
 * forgotten: the reader who got there goes on, and nobody else can.
 */
export class BodyRecorder {
  readonly #body: HttpBody;
  readonly #maxBytes: number;
  #chunks: Uint8Array[] = [];
  #byteCount = 0;
  #state: 'open' | 'ended' | 'failed' = 'open';
  #error: unknown;
  #isClosed = false;
  /** Who may go on beyond the limit. */
  #sole: RecordedSource | undefined;
  #pull: Promise<void> | undefined;
  readonly #readers = new Set<RecordedSource>();

  /** @param maxBytes - Most bytes to remember. */
  constructor(body: HttpBody, maxBytes: number) {
    this.#body = body;
    this.#maxBytes = maxBytes;
  }

  /** Makes a body of the same content, size and trailers; it can be cloned as long as everything is remembered. */
  open(): HttpBody {
    return HttpBody.fromSource(new RecordedSource(this), sameBodyOptions(this.#body));
  }

  /** Whether somebody new could read it from its begin. */
  get canReplay(): boolean {
    return !this.#isClosed && this.#sole === undefined;
  }

  /** Trailers of the body, once its end has been read. */
  get trailers(): HttpHeaders | undefined {
    return this.#body.trailers;
  }

  /**
   * Nobody begins anew from now on. What nobody reads any more is cancelled, unless nobody ever began: then it is as it was.
   */
  close(reason: unknown): void {
    this.#isClosed = true;
    this.#cancelUnwanted(reason);
  }

  /** Gives what a reader has not had yet. */
  async read(reader: RecordedSource): Promise<Uint8Array | undefined> {
    this.#readers.add(reader);
    for (;;) {
      if (this.#sole !== undefined && this.#sole !== reader) throw this.#tooLong();
      const chunk = this.#chunks[reader.position];
      if (chunk !== undefined) {
        reader.position++;
        return chunk;
      }
      if (this.#state === 'failed') throw this.#error;
      if (this.#state === 'ended') return undefined;
      this.#pull ??= this.#pullOnce(reader).finally(() => {
        this.#pull = undefined;
      });
      await this.#pull;
    }
  }

  /** A reader wants no more. */
  leave(reader: RecordedSource, reason: unknown): void {
    this.#readers.delete(reader);
    if (this.#isClosed || this.#sole === reader) this.#cancelUnwanted(reason);
  }

  async #pullOnce(reader: RecordedSource): Promise<void> {
    try {
      const chunk = await this.#body.read();
      if (chunk === undefined) this.#state = 'ended';
      else this.#remember(chunk, reader);
    } catch (error) {
      this.#state = 'failed';
      this.#error = error;
    }
  }

  #remember(chunk: Uint8Array, reader: RecordedSource): void {
    this.#byteCount += chunk.length;
    if (this.#sole === undefined && this.#byteCount > this.#maxBytes) this.#sole = this.#waiting(reader);
    if (this.#sole === undefined) {
      this.#chunks.push(chunk);
      return;
    }
    this.#chunks = [chunk];
    this.#sole.position = 0;
  }

  /** Who has read as far and waits for more: whoever asked for it, or another one if that has left since. */
  #waiting(reader: RecordedSource): RecordedSource {
    if (this.#readers.has(reader)) return reader;
    return [...this.#readers].find(({ position }) => position === this.#chunks.length) ?? reader;
  }

  #cancelUnwanted(reason: unknown): void {
    const isBegun = this.#byteCount > 0 || this.#pull !== undefined || this.#state !== 'open';
    if (isBegun && this.#readers.size === 0) this.#body.cancel(reason);
  }

  #tooLong(): LimitError {
    const facts = { layer: 'replay-body', phase: 'body' };
    return new LimitError({ limit: 'maxBytes', maximum: this.#maxBytes, observed: this.#byteCount, facts });
  }
}

/** One reader of a recorded body. */
class RecordedSource implements BodySource {
  readonly #recorder: BodyRecorder;
  /** Number of the chunk that comes next. */
  position = 0;

  constructor(recorder: BodyRecorder) {
    this.#recorder = recorder;
  }

  get canClone(): boolean {
    return this.#recorder.canReplay;
  }

  get trailers(): HttpHeaders | undefined {
    return this.#recorder.trailers;
  }

  tryClone(): BodySource | undefined {
    return this.canClone ? new RecordedSource(this.#recorder) : undefined;
  }

  read(): Promise<Uint8Array | undefined> {
    return this.#recorder.read(this);
  }

  cancel(reason: unknown): void {
    this.#recorder.leave(this, reason);
  }
}
