/** What stands in this repository: its packages, their entries, and the commands of the workspace. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The fields of a `package.json` that the tools read. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly packageManager?: string;
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, string | EntryTargets>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** One public entry in the `exports` of a package. */
export interface EntryTargets {
  readonly '@lamella/source': string;
  readonly types: string;
  readonly default: string;
}

/** One package of the workspace. */
export interface Package {
  /** Path from the root, such as `packages/http`. */
  readonly path: string;
  /** Absolute path. */
  readonly directory: string;
  readonly manifest: Manifest;
}

/** One thing that a package offers: a module to import, or a command. */
export interface Entry {
  /** File name without extension in `dist` and in `api`, such as `index` or `testing`. */
  readonly name: string;
  /** What users import, such as `@lamella/http/testing`. */
  readonly specifier: string;
  /** Path of the source from the package, such as `src/index.ts`. */
  readonly source: string;
  /** Path of the built types from the package. */
  readonly types: string;
}

/** Absolute path of the repository. */
export const root: string = join(import.meta.dirname, '..');

/** Every package of the workspace, the private ones too. */
export function workspacePackages(): Package[] {
  const groups = ['packages', 'apps'].flatMap((group) =>
    readdirSync(join(root, group)).map((name) => `${group}/${name}`),
  );
  return [...groups, 'integration-tests', 'docs']
    .filter((path) => existsSync(join(root, path, 'package.json')))
    .map(readPackage);
}

/** The packages that users install. */
export function publishedPackages(): Package[] {
  return workspacePackages().filter(({ manifest }) => manifest.private !== true);
}

/** The modules that a package exports. */
export function moduleEntries({ manifest }: Pick<Package, 'manifest'>): Entry[] {
  const entries: Entry[] = [];
  for (const [subpath, targets] of Object.entries(manifest.exports ?? {})) {
    if (typeof targets === 'string') continue;
    entries.push({
      name: subpath === '.' ? 'index' : subpath.slice('./'.length),
      specifier: manifest.name + subpath.slice('.'.length),
      source: targets['@lamella/source'].slice('./'.length),
      types: targets.types.slice('./'.length),
    });
  }
  return entries;
}

export function readManifest(directory: string): Manifest {
  // The shape is npm's; a field that is missing shows itself where it is used.
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Manifest;
}

/** The program of a development dependency; it runs on the Node.js of the workspace. */
export function toolPath(name: string): string {
  return join(root, 'node_modules/.bin', name);
}

/** How to run pnpm, also from a process that pnpm did not start. */
export function pnpmCommand(): readonly [command: string, ...args: string[]] {
  const running = process.env['npm_execpath'];
  if (running !== undefined && /pnpm\.[cm]?js$/.test(running)) return [process.execPath, running];
  return ['npx', '--yes', readManifest(root).packageManager ?? 'pnpm'];
}

function readPackage(path: string): Package {
  const directory = join(root, path);
  return { path, directory, manifest: readManifest(directory) };
}
