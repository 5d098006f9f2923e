/** Every export has documentation, every option too, and every `@example` compiles as it stands. */
import { relative } from 'node:path';
import ts from 'typescript';
import { exampleModules } from './documentation/example-modules.ts';
import { undocumented } from './documentation/undocumented.ts';
import { moduleEntries, publishedPackages, root } from './workspace.ts';

const entries = publishedPackages().flatMap((pack) =>
  moduleEntries(pack).map(({ specifier, source }) => ({ specifier, path: `${pack.directory}/${source}` })),
);

/** What examples may take as given. */
const GIVEN = `${import.meta.dirname}/documentation/given-to-examples.d.ts`;

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
  host.fileExists = (path) => examples.has(path) || fileExists.call(host, path);
  host.readFile = (path) => examples.get(path)?.text ?? readFile.call(host, path);
  host.getSourceFile = (path, ...rest) => {
    const example = examples.get(path);
    if (example !== undefined) return ts.createSourceFile(path, example.text, ts.ScriptTarget.ES2024);
    // Parsed once: the same compiler options, the same file.
    return program.getSourceFile(path) ?? getSourceFile.call(host, path, ...rest);
  };
  const withExamples = ts.createProgram([...examples.keys(), GIVEN], options, host);

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
