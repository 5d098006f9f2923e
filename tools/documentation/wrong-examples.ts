import { relative } from 'node:path';
import ts from 'typescript';
import { root } from '../workspace.ts';
import type { ExampleModule } from './example-modules.ts';

/** Compiles examples, as modules that exist only here. @returns One line for each error, by its place in our sources. */
export function wrongExamples(
  program: ts.Program,
  options: ts.CompilerOptions,
  examples: ReadonlyMap<string, ExampleModule>,
): string[] {
  const virtual = new Map([...examples].map(([path, { text }]) => [path, text])).set(GIVEN, GIVEN_TEXT);
  const compiled = ts.createProgram([...virtual.keys()], options, hostOf(virtual, program, options));

  return [...examples].flatMap(([module, { path, line, linesBefore }]) => {
    const file = compiled.getSourceFile(module);
    const diagnostics = [...compiled.getSyntacticDiagnostics(file), ...compiled.getSemanticDiagnostics(file)];
    return diagnostics.map(({ start = 0, messageText }) => {
      const within = (file?.getLineAndCharacterOfPosition(start).line ?? 0) - linesBefore;
      const text = ts.flattenDiagnosticMessageText(messageText, '\n  ');
      return `${relative(root, path)}:${line + within}: @example: ${text}`;
    });
  });
}

function hostOf(
  virtual: ReadonlyMap<string, string>,
  program: ts.Program,
  options: ts.CompilerOptions,
): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  return {
    ...host,
    fileExists: (path) => virtual.has(path) || host.fileExists(path),
    readFile: (path) => virtual.get(path) ?? host.readFile(path),
    getSourceFile: (path, ...rest) => {
      const text = virtual.get(path);
      if (text !== undefined) return ts.createSourceFile(path, text, ts.ScriptTarget.ES2024);
      // Parsed once: the same compiler options, the same file.
      return program.getSourceFile(path) ?? host.getSourceFile(path, ...rest);
    },
  };
}

/** What examples may take as given: a place to connect from and to, an application, a test runner. */
const GIVEN = `${import.meta.dirname}/given-to-examples.d.ts`;
const GIVEN_TEXT = `
  declare global {
    const connector: import('@lamella/net-core').Connector;
    const listener: import('@lamella/net-core').Listener;
    const app: import('@lamella/service-core').Service<
      import('@lamella/http').HttpRequest,
      import('@lamella/http').HttpResponse
    >;
    const it: (typeof import('vitest'))['it'];
    const beforeEach: (typeof import('vitest'))['beforeEach'];
    const afterEach: (typeof import('vitest'))['afterEach'];
  }
  export {};
`;
