import type { BodySource } from '@lamella/http';
import { HttpBody } from '@lamella/http';
import type { AbortScope } from '@lamella/service-core';
import { ClosedError } from '@lamella/service-core';
import type { GrpcCall } from '../calls/grpc-call.ts';
import { CHUNK_BYTES, MessageChunks } from '../messages/message-chunks.ts';
import type { AttemptContent, CallContent, CallContentOptions } from './call-content-types.ts';

/**
 * The messages of a caller's stream: pulled once, and kept as long as another attempt might need them.
 *
 * @remarks
 * Nothing is pulled before an attempt has room for it, and then what is there at once. What is kept is bounded: whoever takes it beyond `maxReplayBytes` is the last attempt,
 * and from then on, as from a commit, a message is forgotten as soon as it is taken.
 */
export class StreamContent implements CallContent {
  readonly #chunks: MessageChunks;
  readonly #scope: AbortScope;
  readonly #options: CallContentOptions;
  /** What was pulled and may be wanted; of the only attempt, what it has not taken yet. */
  #kept: Uint8Array[] = [];
  #keptBytes = 0;
  #pulling: Promise<void> | undefined;
  #only: Reading | undefined;
  #isOver = false;
  #isEnded = false;

  constructor(call: GrpcCall, scope: AbortScope, options: CallContentOptions) {
    const { maxReplayBytes } = options;
    this.#chunks = new MessageChunks(
      call.messages,
      call.method.request,
      options,
      Math.min(CHUNK_BYTES, maxReplayBytes),
    );
    this.#scope = scope;
    this.#options = options;
  }

  get canRepeat(): boolean {
    return this.#only === undefined;
  }

  attempt(): AttemptContent {
    const reading: Reading = { taken: 0, isGivenUp: false };
    const source: BodySource = {
      read: () => this.#read(reading),
      cancel() {
        reading.isGivenUp = true; // the messages may be wanted by another attempt
      },
    };
    return { body: HttpBody.fromSource(source), commit: () => this.#commit(reading) };
  }

  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#kept = [];
    if (this.#isOver) return;
    this.#isOver = true;
    this.#chunks.leave();
  }

  async #read(reading: Reading): Promise<Uint8Array | undefined> {
    for (;;) {
      if (this.#isEnded || reading.isGivenUp) throw new ClosedError('the attempt is over');
      const frame = this.#take(reading);
      if (frame !== undefined) return frame;
      if (this.#isOver) return undefined;
      if (this.#only !== undefined && this.#pulling === undefined) return this.#pull();
      // Several attempts may wait for the same message.
      this.#pulling ??= this.#pullAndKeep();
      await this.#pulling;
    }
  }

  #take(reading: Reading): Uint8Array | undefined {
    if (this.#only === undefined) {
      const frame = this.#kept[reading.taken];
      if (frame === undefined) return undefined;
      reading.taken++;
      if (this.#keptBytes > this.#options.maxReplayBytes) this.#commit(reading);
      return frame;
    }
    if (this.#only !== reading) throw new ClosedError('another attempt goes on');
    return this.#kept.shift();
  }

  #commit(reading: Reading): void {
    if (this.#only !== undefined) return;
    this.#only = reading;
    this.#kept.splice(0, reading.taken);
  }

  async #pullAndKeep(): Promise<void> {
    try {
      const frame = await this.#pull();
      if (frame === undefined) return;
      this.#kept.push(frame);
      this.#keptBytes += frame.length;
    } finally {
      this.#pulling = undefined;
    }
  }

  async #pull(): Promise<Uint8Array | undefined> {
    try {
      const chunk = await this.#chunks.read();
      if (chunk === undefined) this.#isOver = true;
      return chunk;
    } catch (error) {
      this.#isOver = true;
      this.#chunks.leave(); // it need not be the messages themselves that have failed
      this.#scope.abort(error);
      throw error;
    }
  }
}

/** How far an attempt is. */
interface Reading {
  taken: number;
  isGivenUp: boolean;
}
