import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchorsOf, blocksOf, linksOf } from './support/page.ts';
import { packages, pages, root } from './support/pages.ts';
import { isOutputOf, isTest, writtenPage } from './support/written-page.ts';

describe.each(pages)('%s', (page) => {
  const path = resolve(root, page);
  const text = readFileSync(path, 'utf8');
  const blocks = blocksOf(text);

  it('shows examples as they are, and what they print', { timeout: 180_000 }, async () => {
    expect(text).toBe(await writtenPage(path));
  });

  it('shows no TypeScript that is not a file, and no program without its output', () => {
    const outputs = blocks.filter((block, index) => isOutputOf(block, blocks[index - 1]));
    const printed = outputs.map((block) => blocks[blocks.indexOf(block) - 1]?.file);
    const unseen = blocks.filter(({ language, file }) => {
      if (language !== 'ts') return false;
      return (
        file === undefined || !(isTest(file) || isImported(resolve(dirname(path), file)) || printed.includes(file))
      );
    });
    expect(unseen.map(({ line, file }) => `line ${line}: ${file}`)).toEqual([]);
  });

  it('has no fence that is not seen as one', () => {
    expect(text.match(/^```/gm) ?? []).toHaveLength(2 * blocks.length);
  });

  it('links to what is there', () => {
    const local = linksOf(text).filter((target) => !/^(?:https?:|#)/.test(target));
    const missing = local.filter((target) => !existsSync(resolve(dirname(path), target.replace(/#.*/, ''))));
    expect(missing).toEqual([]);
  });

  it('links to headings that are there', () => {
    const wrong = linksOf(text).filter((target) => {
      const [file = '', anchor] = target.split('#');
      if (anchor === undefined || /^https?:/.test(target)) return false;
      const linked = file === '' ? path : resolve(dirname(path), file);
      return linked.endsWith('.md') && existsSync(linked) && !anchorsOf(readFileSync(linked, 'utf8')).has(anchor);
    });
    expect(wrong).toEqual([]);
  });
});

it('leaves no page of the guide out of its list', () => {
  const folder = resolve(root, 'docs/guide');
  const listed = linksOf(readFileSync(resolve(folder, 'README.md'), 'utf8')).map((target) => basename(target));
  const others = globSync('*.md', { cwd: folder }).filter((page) => page !== 'README.md' && !listed.includes(page));
  expect(others).toEqual([]);
});

it('leaves no example without a page', () => {
  const shown = pages.flatMap((page) => {
    const path = resolve(root, page);
    const files = blocksOf(readFileSync(path, 'utf8')).flatMap(({ file }) => file ?? []);
    return files.map((file) => resolve(dirname(path), file));
  });
  const folders = ['docs/guide', ...packages.map((name) => `packages/${name}`)];
  const files = globSync(`{${folders}}/examples/*.{ts,sh}`, { cwd: root });
  expect(files).not.toEqual([]);
  const unseen = files.filter((file) => !shown.includes(resolve(root, file)));
  expect(unseen).toEqual([]);
});

/** Whether another example of the folder uses this one, and runs it by that. */
function isImported(file: string): boolean {
  const others = globSync(`${dirname(file)}/*.ts`).filter((other) => other !== file);
  return others.some((other) => readFileSync(other, 'utf8').includes(`from './${basename(file)}'`));
}
