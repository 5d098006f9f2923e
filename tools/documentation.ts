/** Every export has documentation, every option too, and every `@example` compiles as it stands. */
import { relative } from 'node:path';
import ts from 'typescript';
import { exampleModules } from './documentation/example-modules.ts';
import { undocumented } from './documentation/undocumented.ts';
import { moduleEntries, publishedPackages, root } from './workspace.ts';

const entries = publishedPackages().flatMap((pack) =>
  moduleEntries(pack).map(({ specifier, source }) => ({ specifier, path: `${pack.directory}/${source}` })),
);

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2024,
  lib: ['lib.es2024.d.ts', 'lib.esnext.disposable.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ['node'],
  typeRoots: [`${root}/node_modules/@types`],
  // Examples may use any package, whatever theirs may import.
  paths: Object.fromEntries(entries.map(({ specifier, path }) => [specifier, [path]])),
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  noEmit: true,
};

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

const program = ts.createProgram(
  entries.map(({ path }) => path),
  options,
);
const examples = exampleModules(program, entries);
const problems = [...undocumented(program, entries), ...wrongExamples()];

for (const problem of problems) console.error(problem);
console.log(`${entries.length} entries, ${examples.size} examples, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;

/** Compiles the examples as modules that exist only here. */
function wrongExamples(): string[] {
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile, readFile } = host;
  const virtual = new Map([...examples].map(([path, { text }]) => [path, text])).set(GIVEN, GIVEN_TEXT);
  host.fileExists = (path) => virtual.has(path) || fileExists.call(host, path);
  host.readFile = (path) => virtual.get(path) ?? readFile.call(host, path);
  host.getSourceFile = (path, ...rest) => {
    const text = virtual.get(path);
    if (text !== undefined) return ts.createSourceFile(path, text, ts.ScriptTarget.ES2024);
    // Parsed once: the same compiler options, the same file.
    return program.getSourceFile(path) ?? getSourceFile.call(host, path, ...rest);
  };
  const withExamples = ts.createProgram([...virtual.keys()], options, host);

  return [...examples].flatMap(([module, { path, line, linesBefore }]) => {
    const file = withExamples.getSourceFile(module);
    const diagnostics = [...withExamples.getSyntacticDiagnostics(file), ...withExamples.getSemanticDiagnostics(file)];
    return diagnostics.map(({ start = 0, messageText }) => {
      const within = (file?.getLineAndCharacterOfPosition(start).line ?? 0) - linesBefore;
      const text = ts.flattenDiagnosticMessageText(messageText, '\n  ');
      return `${relative(root, path)}:${line + within}: @example: ${text}`;
    });
  });
}
