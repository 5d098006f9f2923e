import { describe, expect, it } from 'vitest';
import { firstMessages } from './first-messages.ts';

describe('firstMessages', () => {
  it('makes a message of each -d, in their order', async () => {
    const data = [
      { type: 'data', text: 'one' },
      { type: 'raw', text: '@two' },
      { type: 'binary', text: 'three' },
    ] as const;
    const messages = await firstMessages(data, []);
    expect(messages).toEqual(['one', '@two', Buffer.from('three')]);
  });

  it('makes one of all --json', async () => {
    expect(await firstMessages([], ['{"a":', '1}'])).toEqual(['{"a":1}']);
  });

  it('keeps a message that is empty', async () => {
    expect(await firstMessages([{ type: 'data', text: '' }], [])).toEqual(['']);
  });

  it('refuses a file that is missing', async () => {
    await expect(firstMessages([{ type: 'data', text: '@/missing/file' }], [])).rejects.toMatchObject({ exitCode: 26 });
  });
});
