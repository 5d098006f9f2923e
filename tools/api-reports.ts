/**
 * Compares the public surface of every entry with its committed report, `packages/NAME/api/ENTRY.api.md`; needs a build.
 * With `--update` it writes the reports.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { ExtractorMessage, IConfigFile } from '@microsoft/api-extractor';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import type { Entry, Package } from './workspace.ts';
import { moduleEntries, publishedPackages, root } from './workspace.ts';

/** Users' compilers resolve the built types, so no condition for sources here. */
const COMPILER_OPTIONS = {
  target: 'es2024',
  lib: ['es2024', 'esnext.disposable'],
  module: 'nodenext',
  moduleResolution: 'nodenext',
  types: ['node'],
  typeRoots: [join(root, 'node_modules/@types')],
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
};

/** A symbol that stands in the types of an entry and is not exported by it. */
interface Forgotten {
  readonly symbol: string;
  readonly problem: string;
}

const isUpdate = process.argv.includes('--update');
const problems: string[] = [];

for (const pack of publishedPackages()) {
  const entries = moduleEntries(pack);
  if (entries.length === 0) continue;
  const folder = join(pack.directory, 'api');
  mkdirSync(folder, { recursive: true });
  const forgotten = entries.flatMap((entry) => report(pack, entry, folder));
  const exported = new Set(entries.flatMap(({ name }) => exportedNames(join(temporaryFolder(pack), `${name}.api.md`))));
  problems.push(...forgotten.filter(({ symbol }) => !exported.has(symbol)).map(({ problem }) => problem));
  removeStrangers(entries, folder);
}

for (const problem of problems) console.error(problem);
if (problems.length > 0)
  console.error('\nIf the change is meant, run `pnpm api:update` and explain the difference in the pull request.');
process.exitCode = problems.length > 0 ? 1 : 0;

/** @returns The symbols that the entry shows and does not export; another entry of the package may. */
function report(pack: Package, entry: Entry, folder: string): Forgotten[] {
  const typesPath = join(pack.directory, entry.types);
  if (!existsSync(typesPath)) {
    problems.push(`${entry.specifier}: ${pack.path}/${entry.types} is not built`);
    return [];
  }
  const forgotten: Forgotten[] = [];
  const result = Extractor.invoke(
    ExtractorConfig.prepare({
      configObject: configuration(pack, entry, folder, typesPath),
      configObjectFullPath: undefined,
      packageJsonFullPath: join(pack.directory, 'package.json'),
    }),
    {
      localBuild: isUpdate,
      messageCallback: (message) => {
        message.handled = true;
        if (!isProblem(message)) return;
        const problem = `${entry.specifier}: ${message.text}`;
        const symbol = message.messageId === 'ae-forgotten-export' ? /"(.+?)"/.exec(message.text)?.[1] : undefined;
        if (symbol === undefined) problems.push(problem);
        else forgotten.push({ symbol, problem });
      },
    },
  );
  if (result.apiReportChanged) {
    const path = relative(root, join(folder, `${entry.name}.api.md`));
    if (isUpdate) console.log(`${path} written`);
    else problems.push(`${entry.specifier}: the public API differs from ${path}`);
  }
  return forgotten;
}

/** What a report says is exported. */
function exportedNames(reportPath: string): string[] {
  if (!existsSync(reportPath)) return [];
  const text = readFileSync(reportPath, 'utf8');
  return [...text.matchAll(/^export (?:(?:abstract|class|const|function|interface|type) )+([\w$]+)/gm)].map(
    ([, name = '']) => name,
  );
}

function temporaryFolder({ manifest }: Package): string {
  return join(root, 'temp/api', manifest.name);
}

function isProblem({ messageId, logLevel }: ExtractorMessage): boolean {
  if (messageId.startsWith('console-'))
    return logLevel === ExtractorLogLevel.Error && !messageId.startsWith('console-api-report');
  return logLevel === ExtractorLogLevel.Error || logLevel === ExtractorLogLevel.Warning;
}

/** The reports of entries that are gone go too. */
function removeStrangers(entries: readonly Entry[], folder: string): void {
  const known = new Set(entries.map(({ name }) => `${name}.api.md`));
  for (const file of readdirSync(folder).filter((name) => !known.has(name))) {
    if (isUpdate) rmSync(join(folder, file));
    else problems.push(`${relative(root, join(folder, file))} belongs to no entry`);
  }
}

function configuration(pack: Package, entry: Entry, folder: string, typesPath: string): IConfigFile {
  return {
    projectFolder: pack.directory,
    mainEntryPointFilePath: typesPath,
    bundledPackages: [],
    newlineKind: 'lf',
    compiler: { overrideTsconfig: { compilerOptions: COMPILER_OPTIONS, files: [typesPath] } },
    apiReport: {
      enabled: true,
      reportFileName: `${entry.name}.api.md`,
      reportFolder: folder,
      reportTempFolder: temporaryFolder(pack),
      includeForgottenExports: false,
    },
    docModel: { enabled: false },
    dtsRollup: { enabled: false },
    tsdocMetadata: { enabled: false },
    messages: {
      compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Warning } },
      extractorMessageReporting: {
        default: { logLevel: ExtractorLogLevel.Warning },
        // Everything that an entry exports is public; no tag has to say so.
        'ae-missing-release-tag': { logLevel: ExtractorLogLevel.None },
        // tools/documentation.ts looks after documentation.
        'ae-undocumented': { logLevel: ExtractorLogLevel.None },
        'ae-unresolved-link': { logLevel: ExtractorLogLevel.None },
      },
      tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
    },
  };
}
