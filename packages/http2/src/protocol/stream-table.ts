import type { Http2Stream } from './http2-stream.ts';

/** How a stream ended that is not there any more. */
export type StreamEnd = 'ended' | 'reset-by-us' | 'reset-by-peer' | 'refused';

/** The open streams of a connection, and how the last of the others ended. RFC 9113 section 5.1. */
export class StreamTable<Owner> {
  readonly #open = new Map<number, Http2Stream<Owner>>();
  /** Those that were reset, the oldest first: frames for them may still be on their way. */
  #resets: Map<number, StreamEnd> | undefined;
  readonly #maxResets: number;
  /** Where identifiers were left out, the oldest first: those between the first and the last of each pair. */
  #gaps: (readonly [after: number, before: number])[] | undefined;

  /** @param maxResets - For how many streams it is remembered that they were reset. */
  constructor(maxResets: number) {
    this.#maxResets = maxResets;
  }

  /** Streams that are open. */
  get size(): number {
    return this.#open.size;
  }

  get(id: number): Http2Stream<Owner> | undefined {
    return this.#open.get(id);
  }

  add(stream: Http2Stream<Owner>): void {
    this.#open.set(stream.id, stream);
  }

  /** The stream is over. */
  delete(stream: Http2Stream<Owner>, end: StreamEnd): void {
    this.#open.delete(stream.id);
    if (end !== 'ended') this.noteReset(stream.id, end);
  }

  /** Remembers that a stream which was never open was refused. */
  noteReset(id: number, end: StreamEnd): void {
    this.#resets ??= new Map();
    this.#resets.set(id, end);
    if (this.#resets.size <= this.#maxResets) return;
    const [oldest] = this.#resets.keys();
    if (oldest !== undefined) this.#resets.delete(oldest);
  }

  /** Notes that no stream was opened between two. Gaps that are forgotten look like streams that have ended. */
  noteSkipped(after: number, before: number): void {
    if (before - after <= 2) return;
    this.#gaps ??= [];
    this.#gaps.push([after, before]);
    if (this.#gaps.length > MAX_GAPS) this.#gaps.shift();
  }

  /** Whether a stream was left out, so that it can't be opened any more. */
  wasSkipped(id: number): boolean {
    return (this.#gaps ?? []).some(([after, before]) => id > after && id < before);
  }

  /** How a stream ended that was open once; `'ended'` if that is not known any more. */
  endOf(id: number): StreamEnd {
    return this.#resets?.get(id) ?? 'ended';
  }

  /** All open streams. */
  values(): IterableIterator<Http2Stream<Owner>> {
    return this.#open.values();
  }
}

const MAX_GAPS = 64;
