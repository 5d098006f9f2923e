import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packages, root } from './support/pages.ts';

describe.each(packages)('README of %s', (name) => {
  const folder = join(root, 'packages', name);
  const readme = readFileSync(join(folder, 'README.md'), 'utf8');

  it('names every function, class and constant that the package exports', () => {
    const exported = ['index', 'testing'].flatMap((entry) => valuesOf(join(folder, `src/${entry}.ts`)));
    expect(exported.filter((value) => !new RegExp(`\\b${value}\\b`).test(readme))).toEqual([]);
  });

  it('names every option of what it exports', () => {
    const options = optionsOf(folder);
    expect(options.filter(({ option }) => !new RegExp(`\\b${option}\\b`).test(readme))).toEqual([]);
  });

  it('names every code of its errors', () => {
    const missing = codesOf(folder).filter((code) => !isNamed(code, readme));
    expect(missing).toEqual([]);
  });

  it('tells what is not there', () => {
    expect(readme).toContain('\n## What is not here\n');
  });
});

/** What an entry exports and is not a type. */
function valuesOf(entry: string): readonly string[] {
  if (!existsSync(entry)) return [];
  const statements = readFileSync(entry, 'utf8').matchAll(/^export \{([^}]*)\} from/gm);
  return Array.from(statements, ([, names = '']) => names.split(',')).flatMap((names) =>
    names.map((value) => value.trim()).filter((value) => value !== ''),
  );
}

/** The fields of the interfaces whose names end in `Options`, `Limits`, `Timeouts` or `Conditions` and that an entry exports. */
function optionsOf(folder: string): readonly { readonly owner: string; readonly option: string }[] {
  const entry = join(folder, 'src/index.ts');
  const index = existsSync(entry) ? readFileSync(entry, 'utf8') : '';
  const sources = globSync('src/**/*.ts', { cwd: folder }).map((file) => readFileSync(join(folder, file), 'utf8'));
  const shapes = sources.flatMap((source) => Array.from(source.matchAll(SHAPE)));
  return shapes
    .filter(([, owner = '']) => new RegExp(`\\b${owner}\\b`).test(index))
    .flatMap(([, owner = '', body = '']) =>
      Array.from(body.matchAll(/^ {2}readonly (\w+)\??:/gm), ([, option = '']) => ({ owner, option })),
    );
}

function codesOf(folder: string): readonly string[] {
  const file = join(folder, 'src/errors.ts');
  return existsSync(file) ? [...new Set(readFileSync(file, 'utf8').match(/LML_ERR_[A-Z0-9_]+(?![A-Z0-9_$])/g))] : [];
}

/** As a whole, or as `_WHAT` in a list whose start says the rest. */
function isNamed(code: string, readme: string): boolean {
  const parts = code.split('_');
  return parts.some((_, index) => readme.includes(`\`${index === 0 ? '' : '_'}${parts.slice(index).join('_')}\``));
}

const SHAPE = /^export interface (\w+(?:Options|Limits|Timeouts|Conditions))\b[^{]*\{\n([\s\S]*?)^\}/gm;
