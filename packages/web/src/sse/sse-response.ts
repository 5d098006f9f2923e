import type { HttpRequest } from '@lamella/http';
import { HttpBody, HttpResponse } from '@lamella/http';
import type { Clock } from '@lamella/service-core';
import { systemClock, UsageError } from '@lamella/service-core';
import type { ServerSentEvent } from '../codec/event-stream-encoder.ts';
import { encodeEvent } from '../codec/event-stream-encoder.ts';

/** Options of {@link sseResponse}. */
export interface SseResponseOptions {
  /** Silence after which a comment is sent, so that nobody on the way takes the connection for dead, in milliseconds, greater than 0. Default 15_000; `Infinity` sends none. */
  readonly heartbeatMs?: number;
  /** How long clients shall wait before they connect again, in milliseconds, an integer of at least 0. Default: what they do by themselves. */
  readonly retryMs?: number;
  /** More fields of the response. Default: none. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Source of timers. Default: the system clock. */
  readonly clock?: Clock;
}

/**
 * A response that streams events to an `EventSource`.
 *
 * @remarks
 * Source: HTML Living Standard, section 9.2. The next event is asked for when the client has room for it: a slow client slows its source down and
 * nothing is queued. When the client leaves, the source's `return` is called. When the server drains, the stream ends as if the source had
 * ended, and clients connect again, elsewhere. An event that can't be sent breaks the stream off.
 *
 * @throws UsageError if an option is out of its range.
 *
 * @example
 * const service = serviceFn(async (request: HttpRequest) => {
 *   async function* ticks() {
 *     for (let count = Number(lastEventId(request) ?? 0) + 1; ; count++) yield { id: String(count), data: `tick ${count}` };
 *   }
 *   return sseResponse(ticks());
 * });
 */
export function sseResponse(
  events: AsyncIterable<ServerSentEvent> | Iterable<ServerSentEvent>,
  options: SseResponseOptions = {},
): HttpResponse {
  const { heartbeatMs = 15_000, retryMs, headers = {}, clock = systemClock } = options;
  if (!(heartbeatMs > 0)) throw new UsageError(`heartbeatMs must be > 0, got ${heartbeatMs}`);
  const first = retryMs === undefined ? undefined : encodeEvent({ retryMs });
  const source = new EventSource(events, heartbeatMs, clock, first);
  return HttpResponse.from({
    headers: { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', ...headers },
    body: HttpBody.fromSource(source),
  });
}

/**
 * The id that a client that connects again has seen last.
 *
 * @returns `undefined` if it has seen none, or says something that is no id of ours: more than 1,024 characters.
 */
export function lastEventId(request: HttpRequest): string | undefined {
  const value = request.headers.get('last-event-id');
  if (value === undefined || value === '' || value.length > MAX_ID_CHARACTERS) return undefined;
  return Buffer.from(value, 'latin1').toString('utf8'); // fields carry bytes, ids are UTF-8
}

type Next = IteratorResult<ServerSentEvent>;

/** A read that waits. */
interface Waiting {
  readonly resolve: (next: Next | undefined) => void;
  readonly reject: (reason: unknown) => void;
}

/** Pulls events, and says something when there are none for long. */
class EventSource {
  readonly #events: AsyncIterator<ServerSentEvent> | Iterator<ServerSentEvent>;
  readonly #heartbeatMs: number;
  readonly #clock: Clock;
  #first: string | undefined;
  /** Whether the source was asked for an event that nobody has got yet; it outlives a heartbeat. */
  #isAsked = false;
  #waiting: Waiting | undefined;
  /** Tells what has come while nobody waited. */
  #come: ((waiting: Waiting) => void) | undefined;

  constructor(
    events: AsyncIterable<ServerSentEvent> | Iterable<ServerSentEvent>,
    heartbeatMs: number,
    clock: Clock,
    first: string | undefined,
  ) {
    this.#events = Symbol.asyncIterator in events ? events[Symbol.asyncIterator]() : events[Symbol.iterator]();
    this.#heartbeatMs = heartbeatMs;
    this.#clock = clock;
    this.#first = first;
  }

  async read(): Promise<Uint8Array | undefined> {
    if (this.#first !== undefined) {
      const text = this.#first;
      this.#first = undefined;
      return Buffer.from(text);
    }
    if (!this.#isAsked && this.#come === undefined) this.#ask();
    const result = await this.#nextOrSilence();
    if (result === undefined) return Buffer.from(':\n\n');
    if (result.done === true) return undefined;
    try {
      return Buffer.from(encodeEvent(result.value));
    } catch (error) {
      this.#stop();
      throw error;
    }
  }

  cancel(reason: unknown): void {
    this.#waiting?.reject(reason);
    this.#stop();
  }

  /** Listens to each event once, whoever waits when it comes: a listener for each heartbeat before it would pile up. */
  #ask(): void {
    const next = Promise.resolve(this.#events.next());
    this.#isAsked = true;
    next.then(
      (result) => this.#tell((waiting) => waiting.resolve(result)),
      (error: unknown) => this.#tell((waiting) => waiting.reject(error)),
    );
  }

  #tell(come: (waiting: Waiting) => void): void {
    this.#isAsked = false;
    if (this.#waiting === undefined) this.#come = come;
    else come(this.#waiting);
  }

  /** @returns `undefined` after a silence. */
  #nextOrSilence(): Promise<Next | undefined> {
    const come = this.#come;
    this.#come = undefined;
    return new Promise((resolve, reject) => {
      if (come !== undefined) {
        come({ resolve, reject });
        return;
      }
      const timer = this.#clock.startTimer(this.#heartbeatMs, () => waiting.resolve(undefined));
      const end = (): void => {
        timer.cancel();
        this.#waiting = undefined;
      };
      const waiting: Waiting = {
        resolve: (next) => {
          end();
          resolve(next);
        },
        reject: (reason) => {
          end();
          reject(reason);
        },
      };
      this.#waiting = waiting;
    });
  }

  /** A source that waits in the middle of an event hears of it when that comes; it can't be told sooner. */
  #stop(): void {
    void (async () => this.#events.return?.())().catch(() => {});
  }
}

const MAX_ID_CHARACTERS = 1_024;
