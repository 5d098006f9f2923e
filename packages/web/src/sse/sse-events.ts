import type { HttpRequest, HttpResponse } from '@lamella/http';
import type { Backoff } from '@lamella/layers';
import { exponentialBackoff } from '@lamella/layers';
import type { Clock, Service } from '@lamella/service-core';
import { isCancellation, LimitError, systemClock, TimeoutError, UsageError } from '@lamella/service-core';
import type { ReceivedEvent } from '../codec/event-stream-decoder.ts';
import { EventStreamDecoder } from '../codec/event-stream-decoder.ts';
import { EventStreamError } from '../errors.ts';

/** Options of {@link sseEvents}. */
export interface SseEventsOptions {
  /** Whether to connect again when the stream ends or fails. Default `true`. */
  readonly reconnect?: boolean;
  /** Wait before connecting again after the stream has ended, unless the server says another one, in milliseconds, at least 0. Default 1_000. */
  readonly retryMs?: number;
  /** Longest wait that a server may ask for, in milliseconds, at least 0. Default 60_000. */
  readonly maxRetryMs?: number;
  /** How much longer to wait after failures in a row. Default: `exponentialBackoff({ minDelayMs: 1_000, maxDelayMs: 30_000 })`. */
  readonly backoff?: Backoff;
  /** Most failures in a row, an integer of at least 1 or `Infinity`; the last one is then thrown. Default `Infinity`. */
  readonly maxFailures?: number;
  /** Longest silence of the server, comments included, in milliseconds, greater than 0; then the connection is taken for dead. Default 90_000. */
  readonly idleTimeoutMs?: number;
  /** Longest line and longest event, in UTF-16 units, an integer of at least 1. Default 1_048_576. */
  readonly maxEventChars?: number;
  /** Id of the last event that is known already. Default: none. */
  readonly lastEventId?: string;
  /** Hears of each wait before connecting again: what for, and how long. Default: nobody. */
  readonly onReconnect?: (told: { readonly error: unknown; readonly delayMs: number }) => void;
  /** Source of time. Default: the system clock. */
  readonly clock?: Clock;
}

/**
 * Receives the events of a server, and connects again where the stream ends or breaks.
 *
 * @remarks
 * Source: HTML Living Standard, section 9.2. Each connection says the last id that was seen, so that the server can go on behind it. 204 ends the
 * events for good. 408, 429 and 5xx are tried again, as failures of the network are; any other response than a 200 with an event
 * stream is an error. The events end when the loop over them does, or the request's signal aborts.
 *
 * @param service - A client.
 * @param request - Asked anew for each connection, with Accept and Last-Event-ID set.
 * @throws UsageError if an option is out of its range. The iteration throws EventStreamError `LML_ERR_WEB_SSE_STATUS` or
 * `LML_ERR_WEB_SSE_TYPE`, `LML_ERR_WEB_SSE_ATTEMPTS` after `maxFailures`, LimitError (`maxEventChars`), and the reason of the signal.
 *
 * @example
 * const client = createHttpClient({ connector: tcpConnector() });
 * const request = HttpRequest.from({ target: 'http://example.test/events' });
 * for await (const { event, data } of sseEvents(client, request)) {
 *   if (event === 'done') break;
 *   console.log(data);
 * }
 */
export function sseEvents(
  service: Service<HttpRequest, HttpResponse>,
  request: HttpRequest,
  options: SseEventsOptions = {},
): AsyncIterable<ReceivedEvent> {
  const full = fullOptions(options);
  return { [Symbol.asyncIterator]: () => receive(service, request, full) };
}

type FullOptions = Required<Omit<SseEventsOptions, 'onReconnect'>> & Pick<SseEventsOptions, 'onReconnect'>;

function fullOptions(options: SseEventsOptions): FullOptions {
  const full = {
    reconnect: options.reconnect ?? true,
    retryMs: options.retryMs ?? 1_000,
    maxRetryMs: options.maxRetryMs ?? 60_000,
    backoff: options.backoff ?? exponentialBackoff({ minDelayMs: 1_000, maxDelayMs: 30_000 }),
    maxFailures: options.maxFailures ?? Number.POSITIVE_INFINITY,
    idleTimeoutMs: options.idleTimeoutMs ?? 90_000,
    maxEventChars: options.maxEventChars ?? 1_048_576,
    lastEventId: options.lastEventId ?? '',
    clock: options.clock ?? systemClock,
    ...(options.onReconnect === undefined ? {} : { onReconnect: options.onReconnect }),
  };
  for (const name of ['retryMs', 'maxRetryMs'] as const) {
    if (!(full[name] >= 0)) throw new UsageError(`${name} must be >= 0, got ${full[name]}`);
  }
  if (!(full.maxFailures >= 1)) throw new UsageError(`maxFailures must be >= 1, got ${full.maxFailures}`);
  if (!(full.idleTimeoutMs > 0)) throw new UsageError(`idleTimeoutMs must be > 0, got ${full.idleTimeoutMs}`);
  if (!(full.maxEventChars >= 1)) throw new UsageError(`maxEventChars must be >= 1, got ${full.maxEventChars}`);
  if (/[\r\n\0]/.test(full.lastEventId)) throw new UsageError('lastEventId must be one line without NUL');
  return full;
}

async function* receive(
  service: Service<HttpRequest, HttpResponse>,
  request: HttpRequest,
  options: FullOptions,
): AsyncGenerator<ReceivedEvent, void, undefined> {
  const { clock, backoff, maxRetryMs } = options;
  let { lastEventId, retryMs } = options;
  for (let failures = 0; ; ) {
    let failure: unknown;
    try {
      const response = await service.serve(withLastEventId(request, lastEventId));
      if (response.status === 204) return;
      const { body } = checked(response);
      const decoder = new EventStreamDecoder(options.maxEventChars, lastEventId);
      try {
        for (;;) {
          const chunk = await readInTime(body, options.idleTimeoutMs, clock);
          if (chunk === undefined) break;
          for (const item of decoder.receiveBytes(chunk)) {
            failures = 0;
            lastEventId = decoder.lastEventId;
            if (item.type === 'retry') retryMs = Math.min(item.retryMs, maxRetryMs);
            else yield { event: item.event, data: item.data, id: item.id };
          }
        }
      } finally {
        lastEventId = decoder.lastEventId;
        body.cancel();
      }
    } catch (error) {
      if (isCancellation(request, error) || isFinal(error)) throw error;
      failures += 1;
      if (!options.reconnect) throw error;
      if (failures >= options.maxFailures) {
        throw new EventStreamError('LML_ERR_WEB_SSE_ATTEMPTS', `${failures} failures in a row`, { cause: error });
      }
      failure = error;
    }
    if (!options.reconnect) return;
    const delayMs = failure === undefined ? retryMs : Math.max(retryMs, backoff.delayMs(failures));
    options.onReconnect?.({ error: failure, delayMs });
    await wait(delayMs, request, clock);
  }
}

function withLastEventId(request: HttpRequest, lastEventId: string): HttpRequest {
  const headers = request.headers.clone();
  headers.set('Accept', 'text/event-stream');
  headers.set('Cache-Control', 'no-store');
  if (lastEventId === '') headers.delete('Last-Event-ID');
  else headers.set('Last-Event-ID', Buffer.from(lastEventId, 'utf8').toString('latin1'));
  return request.with({ headers });
}

/** @throws EventStreamError if a response is no event stream. */
function checked(response: HttpResponse): HttpResponse {
  const { status, headers } = response;
  const type = headers.get('content-type') ?? '';
  if (status === 200 && /^text\/event-stream\s*(?:;|$)/i.test(type)) return response;
  response[Symbol.dispose]();
  if (status === 200) {
    const what = JSON.stringify(type.slice(0, 100));
    throw new EventStreamError('LML_ERR_WEB_SSE_TYPE', `the server answered with ${what} instead of text/event-stream`);
  }
  const retryable = status === 408 || status === 429 || status >= 500;
  throw new EventStreamError('LML_ERR_WEB_SSE_STATUS', `the server answered with status ${status}`, {
    facts: { retryable },
  });
}

/** What another try will not change. */
function isFinal(error: unknown): boolean {
  return error instanceof LimitError || (error instanceof EventStreamError && error.facts.retryable !== true);
}

/** A read that fails after a silence; a body that does not hear that it is cancelled is not waited for. */
function readInTime(body: HttpResponse['body'], idleTimeoutMs: number, clock: Clock): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    const timer = clock.startTimer(idleTimeoutMs, () => {
      const error = new TimeoutError({
        limit: 'idleTimeoutMs',
        timeoutMs: idleTimeoutMs,
        facts: { phase: 'event-stream' },
      });
      reject(error);
      body.cancel(error);
    });
    body
      .read()
      .then(resolve, reject)
      .finally(() => timer.cancel());
  });
}

function wait(delayMs: number, { scope }: HttpRequest, clock: Clock): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  scope.throwIfAborted();
  const timer = clock.startTimer(delayMs, resolve);
  return scope.race(promise).finally(() => timer.cancel());
}
