import type { Context } from '@opentelemetry/api';
import { context } from '@opentelemetry/api';

/** Who hears of messages. */
export interface MessagesTracing {
  /** Context that they are made in, as far as the registered context manager goes: a generator runs where it is pulled. Default: any. */
  readonly context?: Context;
  readonly onMessage?: () => void;
  /** Called once: at the end, at a failure, or when somebody leaves. */
  readonly onEnd?: (outcome: 'complete' | 'aborted' | 'error', error: unknown) => void;
}

/** The same messages, told of. */
export function tracedMessages(messages: AsyncIterable<unknown>, tracing: MessagesTracing): AsyncIterable<unknown> {
  const { context: active, onMessage } = tracing;
  let isOver = false;
  const end = (outcome: 'complete' | 'aborted' | 'error', error?: unknown): void => {
    if (isOver) return;
    isOver = true;
    tracing.onEnd?.(outcome, error);
  };
  const inContext = <Value>(step: () => Value): Value => (active === undefined ? step() : context.with(active, step));
  return {
    [Symbol.asyncIterator]() {
      const iterator = inContext(() => messages[Symbol.asyncIterator]());
      return {
        async next() {
          try {
            const result = await inContext(() => iterator.next());
            if (result.done === true) end('complete');
            else onMessage?.();
            return result;
          } catch (error) {
            end('error', error);
            throw error;
          }
        },
        async return(value?: unknown) {
          end('aborted', new DOMException('the messages were left', 'AbortError'));
          await inContext(() => iterator.return?.(value));
          return { done: true, value };
        },
      };
    },
  };
}
