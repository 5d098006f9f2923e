import ts from 'typescript';
import { root } from '../workspace.ts';
import type { ModuleEntry } from './example-modules.ts';
import { exampleModules } from './example-modules.ts';
import { undocumented } from './undocumented.ts';
import { wrongExamples } from './wrong-examples.ts';

/** What is wrong with the documentation in our sources. */
export interface DocumentationProblems {
  readonly exampleCount: number;
  /** One line each, which begins with the place. */
  readonly problems: readonly string[];
}

/** Reads the documentation of everything that the entries export. */
export function documentationProblems(entries: readonly ModuleEntry[]): DocumentationProblems {
  const options: ts.CompilerOptions = {
    ...OPTIONS,
    // Examples may use any package, whatever theirs may import.
    paths: Object.fromEntries(entries.map(({ specifier, path }) => [specifier, [path]])),
  };
  const program = ts.createProgram(
    entries.map(({ path }) => path),
    options,
  );
  const examples = exampleModules(program, entries);
  const problems = [...undocumented(program, entries), ...wrongExamples(program, options, examples)];
  return { exampleCount: examples.size, problems };
}

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2024,
  lib: ['lib.es2024.d.ts', 'lib.esnext.disposable.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ['node'],
  typeRoots: [`${root}/node_modules/@types`],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  noEmit: true,
};
