import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { settle } from '@lamella/service-core/testing';
import { describe, expect, it } from 'vitest';
import { typedInput } from './typed-input.ts';

describe('typedInput', () => {
  it('gives the lines that are typed until Ctrl+D', async () => {
    const { keys, input } = setup();
    keys.write('one\rtwo\r\x04');
    expect(await collected(input.lines)).toEqual(['one', 'two']);
    expect(input.closesAtEnd).toBe(true);
  });

  it('hears of Ctrl+C, which ends nothing by itself', async () => {
    const { keys, input, interrupts } = setup();
    keys.write('half\x03');
    await settle(1); // keys are heard of in the next turn of the event loop
    expect(interrupts.count).toBe(1);
    input.close();
    expect(await collected(input.lines)).toEqual([]);
  });

  it('prints above the line that is being typed, and shows that again', async () => {
    const { keys, input, screen, output } = setup();
    keys.write('hal');
    await settle(1); // keys are heard of in the next turn of the event loop
    await input.print(async () => void screen.write('message\n'));
    input.close();
    screen.end();
    const seen = await output;
    expect(seen).toMatch(/> .*hal.*\x1b\[2K.*message\n.*> .*hal/s);
  });

  it('asks for no line any more when it is closed', async () => {
    const { input, screen, output } = setup();
    input.close();
    input.close();
    await input.print(async () => void screen.write('last words\n'));
    screen.end();
    expect((await output).split('last words\n')[1]).toBe('');
  });
});

async function collected(lines: AsyncIterable<string>): Promise<readonly string[]> {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
  return all;
}

/** A terminal in memory. */
function setup() {
  const keys = new PassThrough();
  const screen = new PassThrough();
  const interrupts = { count: 0 };
  const input = typedInput(keys, screen, () => void interrupts.count++);
  return { keys, screen, input, interrupts, output: text(screen) };
}
