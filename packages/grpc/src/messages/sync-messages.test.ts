import { settle } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { bytesCodec } from '../methods/grpc-codec.ts';
import { MessageChunks } from './message-chunks.ts';
import { asyncMessages, iteratorOf, SyncMessages } from './sync-messages.ts';

describe('asyncMessages', () => {
  it('takes a list of promises of which several fail: only the first is heard of, and none ends the process', async () => {
    const unheard: unknown[] = [];
    const listener = (reason: unknown): void => void unheard.push(reason);
    process.on('unhandledRejection', listener);
    try {
      const failing = (): Promise<never>[] => ['first', 'second'].map((text) => Promise.reject(new Error(text)));
      const options = { encoding: 'identity', compressFromBytes: 0, compresses: () => false } as const;
      await expect(new MessageChunks(asyncMessages(failing()), bytesCodec, options).read()).rejects.toThrow('first');
      await expect(all(asyncMessages(failing()))).rejects.toThrow('first'); // as layers see them
      asyncMessages(failing()); // of a call that nobody reads
      const late = Promise.withResolvers<Uint8Array>();
      const behind = all(asyncMessages([late.promise, ...failing()]));
      await settle(); // Node tells of them at the end of a turn
      late.resolve(new Uint8Array(1));
      await expect(behind).rejects.toThrow('first');
    } finally {
      process.off('unhandledRejection', listener);
    }
    expect(unheard).toEqual([]);
  });

  it('leaves what is async as it is, and asks for no promise where none is needed', () => {
    const messages = (async function* () {})();
    expect(asyncMessages(messages)).toBe(messages);
    const list = asyncMessages(['a']);
    expect(list).toBeInstanceOf(SyncMessages);
    expect(iteratorOf(list).next()).toEqual({ done: false, value: 'a' });
  });
});

async function all(messages: AsyncIterable<unknown>): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  for await (const message of messages) found.push(message);
  return found;
}
