import type { Http2Stream } from './http2-stream.ts';

/** How a stream ended that is not there any more. */
export type StreamEnd = 'ended' | 'reset-by-us' | 'reset-by-peer' | 'refused';

/**
 * The open streams of a connection, and how the last of the others ended. RFC 9113 section 5.1.
 *
 * @remarks
 * No `Map`: one that grows and shrinks all the time outgrows a table each time, and the first of those that has become old keeps all
 * later ones alive, with every stream in them, until a full collection. That had cost a third of the time of a busy server.
 */
export class StreamTable<Owner> {
  /** By the low bits of their number in the order of identifiers: where several share a place, they are linked. */
  #places: (Http2Stream<Owner> | undefined)[] = new Array(INITIAL_PLACES).fill(undefined);
  #size = 0;
  /** Those that were reset, the oldest first: frames for them may still be on their way. */
  #resets: Map<number, StreamEnd> | undefined;
  /** The last of those that this is not remembered of any more. */
  #lastForgotten = 0;
  readonly #maxResets: number;
  /** Where identifiers were left out, the oldest first: those between the first and the last of each pair. */
  #gaps: (readonly [after: number, before: number])[] | undefined;

  /** @param maxResets - For how many streams it is remembered that they were reset. */
  constructor(maxResets: number) {
    this.#maxResets = maxResets;
  }

  /** Streams that are open. */
  get size(): number {
    return this.#size;
  }

  get(id: number): Http2Stream<Owner> | undefined {
    let stream = this.#places[this.#placeOf(id)];
    while (stream !== undefined && stream.id !== id) stream = stream.nextInTable;
    return stream;
  }

  add(stream: Http2Stream<Owner>): void {
    if (this.#size === this.#places.length) this.#grow();
    this.#link(stream);
    this.#size++;
  }

  /** The stream is over. */
  delete(stream: Http2Stream<Owner>, end: StreamEnd): void {
    this.#unlink(stream);
    if (end !== 'ended') this.noteReset(stream.id, end);
  }

  /** Remembers that a stream which was never open was refused. */
  noteReset(id: number, end: StreamEnd): void {
    this.#resets ??= new Map();
    this.#resets.set(id, end);
    if (this.#resets.size <= this.#maxResets) return;
    const [oldest] = this.#resets.keys();
    if (oldest === undefined) return;
    this.#resets.delete(oldest);
    this.#lastForgotten = Math.max(this.#lastForgotten, oldest);
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

  /** How a stream ended that was open once; `'reset-by-us'` if that may be so: nobody is to blame for what we have forgotten. */
  endOf(id: number): StreamEnd {
    return this.#resets?.get(id) ?? (id > this.#lastForgotten ? 'ended' : 'reset-by-us');
  }

  /** The streams that are open now, in the order of their identifiers. */
  all(): Http2Stream<Owner>[] {
    const streams: Http2Stream<Owner>[] = [];
    for (const first of this.#places) {
      for (let stream = first; stream !== undefined; stream = stream.nextInTable) streams.push(stream);
    }
    return streams.sort((one, other) => one.id - other.id);
  }

  #placeOf(id: number): number {
    return (id >>> 1) & (this.#places.length - 1);
  }

  #link(stream: Http2Stream<Owner>): void {
    const place = this.#placeOf(stream.id);
    stream.nextInTable = this.#places[place];
    this.#places[place] = stream;
  }

  #unlink(stream: Http2Stream<Owner>): void {
    const place = this.#placeOf(stream.id);
    const { nextInTable: next } = stream;
    let before = this.#places[place];
    if (before === stream) this.#places[place] = next;
    else {
      while (before !== undefined && before.nextInTable !== stream) before = before.nextInTable;
      if (before === undefined) return; // it was never in
      before.nextInTable = next;
    }
    stream.nextInTable = undefined; // or it would keep the other one, once it is old itself
    this.#size--;
  }

  #grow(): void {
    const streams = this.all();
    this.#places = new Array(2 * this.#places.length).fill(undefined);
    for (const stream of streams) this.#link(stream);
  }
}

/** A power of two. */
const INITIAL_PLACES = 4;

const MAX_GAPS = 64;
