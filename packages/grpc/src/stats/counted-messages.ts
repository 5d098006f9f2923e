/**
 * The same messages, told of.
 *
 * @param onMessage - Called for each message that is taken.
 * @param onEnd - Called once: at the end, at a failure, or when somebody leaves.
 */
export function countedMessages(
  messages: AsyncIterable<unknown>,
  onMessage: () => void,
  onEnd: (how: 'succeeded' | 'failed') => void,
): AsyncIterable<unknown> {
  let isOver = false;
  const end = (how: 'succeeded' | 'failed'): void => {
    if (isOver) return;
    isOver = true;
    onEnd(how);
  };
  return {
    [Symbol.asyncIterator]() {
      const iterator = messages[Symbol.asyncIterator]();
      return {
        async next() {
          try {
            const result = await iterator.next();
            if (result.done === true) end('succeeded');
            else onMessage();
            return result;
          } catch (error) {
            end('failed');
            throw error;
          }
        },
        async return(value?: unknown) {
          end('failed');
          await iterator.return?.(value);
          return { done: true, value };
        },
      };
    },
  };
}
