import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { playedSession } from './console-session.ts';
import type { Block } from './page.ts';
import { blocksOf } from './page.ts';

/**
 * A page as it should be: every block that names a file shows that file, the `text` block behind a program shows what the
 * program prints, and a `console` block shows what its commands print.
 *
 * @remarks
 * Files that end in `.test.ts` are not run: the test runner does that.
 *
 * @param path - Of the page.
 */
export async function writtenPage(path: string): Promise<string> {
  const page = readFileSync(path, 'utf8');
  const blocks = blocksOf(page);
  const contents = await Promise.all(blocks.map((block, index) => contentOf(block, blocks[index - 1], dirname(path))));
  let written = page;
  // From the last one, so that the places of those in front stay true.
  for (const [index, { start, end }] of [...blocks.entries()].reverse()) {
    written = written.slice(0, start) + contents[index] + written.slice(end);
  }
  return written;
}

/** Whether a block is what the program in the block before it prints. */
export function isOutputOf(block: Block, before: Block | undefined): before is Block & { readonly file: string } {
  return block.language === 'text' && before?.file?.endsWith('.ts') === true && !isTest(before.file);
}

/** Whether a file is run by the test runner, rather than for its output. */
export function isTest(file: string): boolean {
  return file.endsWith('.test.ts');
}

async function contentOf(block: Block, before: Block | undefined, folder: string): Promise<string> {
  if (block.language === 'console') return playedSession(sessionOf(block, folder));
  if (isOutputOf(block, before)) return outputOf(resolve(folder, before.file));
  if (block.file === undefined) return block.content;
  const source = readFileSync(resolve(folder, block.file), 'utf8');
  return block.region === undefined ? withoutMarks(source) : withoutMarks(regionOf(source, block.region));
}

/** The session of a block: the one that it shows, or the commands of the script that it names. */
function sessionOf({ content, file }: Block, folder: string): string {
  if (file === undefined) return content;
  const lines = readFileSync(resolve(folder, file), 'utf8').split('\n');
  return lines.map((line) => (line === '' || line.startsWith('#') ? line : `$ ${line}`)).join('\n');
}

/** What a program prints. Rejects if it fails, or hangs. */
async function outputOf(file: string): Promise<string> {
  const { stdout } = await run(process.execPath, ['--conditions=@lamella/source', file], { timeout: 120_000 });
  return stdout;
}

/** The lines of a region, moved to the left by as much as its mark is indented. */
function regionOf(source: string, name: string): string {
  const region = new RegExp(`^( *)// #region ${name}\n([\\s\\S]*?)^ *// #endregion ${name}$`, 'm').exec(source);
  if (region === null) throw new Error(`there is no region ${name}`);
  const [, indent = '', lines = ''] = region;
  return `${lines.replaceAll(new RegExp(`^${indent}`, 'gm'), '').trim()}\n`;
}

function withoutMarks(source: string): string {
  return source.replace(/^ *\/\/ #(?:end)?region .*\n/gm, '');
}

const run = promisify(execFile);
