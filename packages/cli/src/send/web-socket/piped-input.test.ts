import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { pipedInput } from './piped-input.ts';

describe('pipedInput', () => {
  it('gives lines, the last one without an end as well', async () => {
    const { stream, input } = setup();
    stream.write('one\ntw');
    stream.end('o\nthree');
    expect(await collected(input.lines)).toEqual(['one', 'two', 'three']);
    expect(input.closesAtEnd).toBe(false);
  });

  it('ends when it is closed, in the middle of a line', async () => {
    const { stream, input } = setup();
    stream.write('one\ntwo');
    const lines = input.lines[Symbol.asyncIterator]();
    expect(await lines.next()).toEqual({ done: false, value: 'one' });
    const next = lines.next();
    input.close();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(stream.destroyed).toBe(true);
  });

  it('fails with what it can not read', async () => {
    const failure = new Error('gone');
    const { stream, input } = setup();
    stream.destroy(failure);
    await expect(collected(input.lines)).rejects.toBe(failure);
  });

  it('has no place where something is being typed', async () => {
    const { input } = setup();
    let hasWritten = false;
    await input.print(async () => {
      hasWritten = true;
    });
    expect(hasWritten).toBe(true);
  });
});

function setup() {
  const stream = new PassThrough();
  return { stream, input: pipedInput(stream) };
}

async function collected(lines: AsyncIterable<string>): Promise<readonly string[]> {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
  return all;
}
