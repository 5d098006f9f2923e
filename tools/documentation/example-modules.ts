import ts from 'typescript';

/** A module that users import, and the file behind it. */
export interface ModuleEntry {
  readonly specifier: string;
  readonly path: string;
}

/** An `@example` made into a module. */
export interface ExampleModule {
  readonly text: string;
  /** The file that it stands in. */
  readonly path: string;
  /** Its first line there, from 1. */
  readonly line: number;
  /** Lines in front of the example, in the module. */
  readonly linesBefore: number;
}

/**
 * Makes a module of every `@example` of our sources. An example imports nothing by itself: a name that an entry exports is
 * imported, from the package of the example first.
 *
 * @returns The modules, by paths that do not exist.
 */
export function exampleModules(
  program: ts.Program,
  entries: readonly ModuleEntry[],
): ReadonlyMap<string, ExampleModule> {
  const exporters = exportersByName(program, entries);
  const modules = new Map<string, ExampleModule>();
  for (const file of program.getSourceFiles()) {
    const folder = packageOf(file.fileName);
    if (folder === undefined) continue;
    for (const { line, code } of examplesIn(file)) {
      const imports = importsOf(code, (name) => {
        const candidates = exporters.get(name) ?? [];
        return (candidates.find(({ path }) => packageOf(path) === folder) ?? candidates[0])?.specifier;
      });
      modules.set(`${folder}/example-${modules.size}.ts`, {
        text: `${imports}\n${code}\nexport {};\n`,
        path: file.fileName,
        line,
        linesBefore: imports.split('\n').length,
      });
    }
  }
  return modules;
}

function exportersByName(program: ts.Program, entries: readonly ModuleEntry[]): Map<string, ModuleEntry[]> {
  const checker = program.getTypeChecker();
  const exporters = new Map<string, ModuleEntry[]>();
  for (const entry of entries) {
    const file = program.getSourceFile(entry.path);
    const symbol = file && checker.getSymbolAtLocation(file);
    for (const { name } of symbol === undefined ? [] : checker.getExportsOfModule(symbol)) {
      exporters.set(name, [...(exporters.get(name) ?? []), entry]);
    }
  }
  return exporters;
}

function* examplesIn(file: ts.SourceFile): Generator<{ line: number; code: string }> {
  const found = new Map<number, { line: number; code: string }>();
  const visit = (node: ts.Node): void => {
    // A constant and its value share the comment of their statement: told once.
    for (const tag of ts.getJSDocTags(node).filter(({ tagName }) => tagName.text === 'example')) {
      const { line } = file.getLineAndCharacterOfPosition(tag.getStart(file));
      found.set(tag.pos, { line: line + 2, code: withoutFence(ts.getTextOfJSDocComment(tag.comment) ?? '') });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  yield* found.values();
}

function withoutFence(text: string): string {
  return /^\s*```(?:ts)?\n([\s\S]*?)```\s*$/.exec(text)?.[1] ?? text;
}

function importsOf(code: string, exporterOf: (name: string) => string | undefined): string {
  const file = ts.createSourceFile('example.ts', code, ts.ScriptTarget.ES2024);
  const own = new Set<string>();
  const used = new Set<string>();
  for (const statement of file.statements) {
    if (ts.isVariableStatement(statement)) {
      for (const { name } of statement.declarationList.declarations) addBindings(name, own);
    }
    if (
      ts.isFunctionDeclaration(statement) ||
      ts.isClassDeclaration(statement) ||
      ts.isInterfaceDeclaration(statement)
    ) {
      if (statement.name !== undefined) own.add(statement.name.text);
    }
    if (ts.isImportDeclaration(statement)) {
      for (const [, name = ''] of statement.getText(file).matchAll(/\b([\w$]+)\b/g)) own.add(name);
    }
  }
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) used.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return [...used]
    .filter((name) => !own.has(name))
    .flatMap((name) => {
      const specifier = exporterOf(name);
      return specifier === undefined ? [] : [`import { ${name} } from '${specifier}';`];
    })
    .join('\n');
}

function addBindings(name: ts.BindingName, names: Set<string>): void {
  if (ts.isIdentifier(name)) {
    names.add(name.text);
    return;
  }
  for (const element of name.elements) {
    if (ts.isBindingElement(element)) addBindings(element.name, names);
  }
}

function packageOf(path: string): string | undefined {
  return /^(.*\/packages\/[^/]+)\/src\//.exec(path)?.[1];
}
