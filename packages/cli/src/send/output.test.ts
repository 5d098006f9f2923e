import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settle } from '@lamella/service-core/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openOutput } from './output.ts';

describe('an output file', () => {
  it('is left alone until there is something to write, and holds just that then', async () => {
    const path = join(folder(), 'file');
    writeFileSync(path, 'what was there before');
    const output = openOutput(path, false);
    expect(readFileSync(path, 'utf8')).toBe('what was there before');
    await output.write(Buffer.from('a'));
    await output.write(Buffer.alloc(100_000, 'b'));
    await output.close();
    expect(readFileSync(path, 'utf8')).toBe(`a${'b'.repeat(100_000)}`);
  });

  it('is made even if nothing was written', async () => {
    const path = join(folder(), 'file');
    await openOutput(path, false).close();
    expect(readFileSync(path, 'utf8')).toBe('');
  });

  it.each([
    ['little by little', 1],
    ['much at a time', 100_000],
  ])('that breaks is noticed while bytes come, %s', async (_, size) => {
    const output = openOutput(join(folder(), 'missing', 'file'), false);
    const writing = async (): Promise<never> => {
      for (;;) {
        await output.write(new Uint8Array(size));
        await settle(1);
      }
    };
    await expect(writing()).rejects.toMatchObject({ exitCode: 23, message: /^cannot write .*file: no such file/ });
  });

  it('that breaks is noticed at its end at the latest', async () => {
    const output = openOutput(join(folder(), 'missing', 'file'), false);
    await output.write(new Uint8Array(1));
    await expect(output.close()).rejects.toMatchObject({ exitCode: 23 });
  });
});

describe('an output that is given up', () => {
  it('to a file can begin anew', async () => {
    const path = join(folder(), 'file');
    const first = openOutput(path, false);
    await first.write(Buffer.alloc(100_000, 'a'));
    expect(await first.discard()).toBe(true);
    const second = openOutput(path, false);
    expect(await second.discard()).toBe(true); // nothing was opened yet
    await second.write(Buffer.from('b'));
    await second.close();
    expect(readFileSync(path, 'utf8')).toBe('b');
  });

  it('to the standard output can begin anew if nothing was written', async () => {
    const output = openOutput(undefined, false);
    expect(await output.discard()).toBe(true);
    await output.write(new Uint8Array(0));
    expect(await output.discard()).toBe(false);
  });
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'lamella-output-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}
