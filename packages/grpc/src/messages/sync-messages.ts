import type { MessageStream } from '../methods/call-types.ts';

/** Messages that are all at hand, as layers see them: who takes them out of {@link source} needs no promise for each. */
export class SyncMessages implements AsyncIterable<unknown> {
  readonly source: Iterable<unknown>;

  constructor(source: Iterable<unknown>) {
    this.source = source;
    if (Array.isArray(source)) listenToPromises(source);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<unknown, void, undefined> {
    yield* this.source;
  }
}

/**
 * A list may be one of promises, all of which are under way. They are awaited one by one, and what is behind the first that fails never is: a
 * failure that nobody listens to would end the process.
 */
function listenToPromises(messages: readonly unknown[]): void {
  for (const message of messages) if (message instanceof Promise) message.catch(ignore);
}

function ignore(): void {}

/** The messages of an iterable of either kind. */
export function asyncMessages(messages: MessageStream<unknown>): AsyncIterable<unknown> {
  return Symbol.asyncIterator in messages ? messages : new SyncMessages(messages);
}

/** Takes messages, without promises where that can be. */
export function iteratorOf(messages: AsyncIterable<unknown>): AsyncIterator<unknown> | Iterator<unknown> {
  return messages instanceof SyncMessages ? messages.source[Symbol.iterator]() : messages[Symbol.asyncIterator]();
}
