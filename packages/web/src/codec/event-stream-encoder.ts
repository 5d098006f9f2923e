import { UsageError } from '@lamella/service-core';

/** An event to be sent; at least one field. */
export interface ServerSentEvent {
  /** Text; each of its lines becomes a line of the stream. */
  readonly data?: string;
  /** Type, one line. Default: `message`, which is not sent. */
  readonly event?: string;
  /** What a client that connects again sends as Last-Event-ID; one line without NUL. */
  readonly id?: string;
  /** How long a client shall wait before it connects again, in milliseconds, an integer of at least 0. */
  readonly retryMs?: number;
  /** Text that clients ignore; each of its lines becomes one. */
  readonly comment?: string;
}

/**
 * Writes an event. HTML Living Standard, section 9.2.5.
 *
 * @throws UsageError if the type or the id has a line break, so that nothing can be smuggled in, or `retryMs` is out of its range.
 */
export function encodeEvent({ data, event, id, retryMs, comment }: ServerSentEvent): string {
  let text = '';
  if (comment !== undefined) for (const line of linesOf(comment)) text += `:${line === '' ? '' : ` ${line}`}\n`;
  if (retryMs !== undefined) {
    if (!Number.isSafeInteger(retryMs) || retryMs < 0)
      throw new UsageError(`retryMs must be an integer >= 0, got ${retryMs}`);
    text += `retry: ${retryMs}\n`;
  }
  if (event !== undefined) text += `event: ${oneLine('event', event)}\n`;
  if (id !== undefined) text += `id: ${oneLine('id', id)}\n`;
  if (data !== undefined) for (const line of linesOf(data)) text += `data: ${line}\n`;
  if (text === '') throw new UsageError('an event has data, event, id, retryMs or comment');
  return `${text}\n`;
}

function linesOf(text: string): readonly string[] {
  return text.split(/\r\n|\r|\n/);
}

function oneLine(name: string, value: string): string {
  if (/[\r\n\0]/.test(value)) throw new UsageError(`${name} of an event must be one line without NUL`);
  return value;
}
