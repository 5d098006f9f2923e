import type { BodySource, HttpBody, HttpHeaders } from '@lamella/http';
import type { CacheEntryWriter } from './store/http-cache-store.ts';

/** What became of an entry. `left`: who read it has given it up; it might have been stored. */
export type FillOutcome = 'stored' | 'not-stored' | 'left';

/** What {@link FillingBody} tells. */
export interface FillingBodyEvents {
  /** Asked at the end: whether it may still be stored. */
  readonly isWanted: () => boolean;
  /** It is known what became of the entry; called once. */
  readonly onDone: (outcome: FillOutcome) => void;
  /** The store failed; the body goes on. */
  readonly onStoreError: (error: unknown) => void;
}

/**
 * Passes a body on and stores it on the way, one chunk at a time.
 *
 * @remarks
 * The reader sets the pace. Only a body that was read to its end is stored: what breaks off, or is given up by its reader, is not.
 * A store that fails, or finds the body too long, costs the entry, never the response.
 */
export class FillingBody implements BodySource {
  readonly #body: HttpBody;
  readonly #events: FillingBodyEvents;
  #writer: CacheEntryWriter | undefined;

  constructor(body: HttpBody, writer: CacheEntryWriter, events: FillingBodyEvents) {
    this.#body = body;
    this.#writer = writer;
    this.#events = events;
  }

  get trailers(): HttpHeaders | undefined {
    return this.#body.trailers;
  }

  async read(): Promise<Uint8Array | undefined> {
    let chunk: Uint8Array | undefined;
    try {
      chunk = await this.#body.read();
    } catch (error) {
      this.#giveUp();
      throw error;
    }
    if (this.#writer !== undefined) await this.#store(this.#writer, chunk);
    return chunk;
  }

  cancel(reason: unknown): void {
    this.#giveUp('left');
    this.#body.cancel(reason);
  }

  async #store(writer: CacheEntryWriter, chunk: Uint8Array | undefined): Promise<void> {
    try {
      if (chunk !== undefined) {
        if ((await writer.write(chunk)) === false) this.#giveUp();
        return;
      }
      // Trailers are no part of what a cache keeps (RFC 9111 section 3.1 leaves them out by default): the entry would lack them.
      if (this.#body.trailers !== undefined || !this.#events.isWanted()) return this.#giveUp();
      await writer.commit();
      if (this.#writer === undefined) return;
      this.#writer = undefined;
      this.#events.onDone('stored');
    } catch (error) {
      this.#giveUp();
      this.#events.onStoreError(error);
    }
  }

  #giveUp(outcome: FillOutcome = 'not-stored'): void {
    const writer = this.#writer;
    if (writer === undefined) return;
    this.#writer = undefined;
    writer.abort();
    this.#events.onDone(outcome);
  }
}
