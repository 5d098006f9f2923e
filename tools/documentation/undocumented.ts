import { relative } from 'node:path';
import ts from 'typescript';
import { root } from '../workspace.ts';
import type { ModuleEntry } from './example-modules.ts';

/** Finds exports, and fields of exported `...Options`, that nobody has described. */
export function undocumented(program: ts.Program, entries: readonly ModuleEntry[]): string[] {
  const checker = program.getTypeChecker();
  const problems: string[] = [];
  for (const { specifier, path } of entries) {
    const file = program.getSourceFile(path);
    const module = file && checker.getSymbolAtLocation(file);
    if (module === undefined) throw new Error(`${specifier} exports nothing`);
    for (const alias of checker.getExportsOfModule(module)) {
      const symbol = alias.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(alias) : alias;
      const bare = isDocumented(symbol) ? [] : [symbol];
      if (alias.name.endsWith('Options')) bare.push(...ownMembers(symbol).filter((member) => !isDocumented(member)));
      problems.push(
        ...bare.map((one) => `${placeOf(one)}: ${nameOf(one, alias)} of ${specifier} has no documentation`),
      );
    }
  }
  return problems;

  function isDocumented(symbol: ts.Symbol): boolean {
    return ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim() !== '';
  }
}

function ownMembers(symbol: ts.Symbol): ts.Symbol[] {
  return [...(symbol.members?.values() ?? [])].filter(({ flags }) => flags & ts.SymbolFlags.Property);
}

function nameOf(symbol: ts.Symbol, alias: ts.Symbol): string {
  return symbol.flags & ts.SymbolFlags.Property ? `${alias.name}.${symbol.name}` : alias.name;
}

function placeOf(symbol: ts.Symbol): string {
  const [declaration] = symbol.declarations ?? [];
  if (declaration === undefined) return '?';
  const file = declaration.getSourceFile();
  return `${relative(root, file.fileName)}:${file.getLineAndCharacterOfPosition(declaration.getStart()).line + 1}`;
}
