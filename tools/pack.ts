import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { pnpmCommand } from './workspace.ts';

/** A packed package. */
export interface Tarball {
  readonly name: string;
  readonly version: string;
  /** Absolute path. */
  readonly path: string;
  /** Paths inside, from the package. */
  readonly files: readonly string[];
}

/** Packs every published package of a workspace, which must be built. */
export function packAll(workspace: string, destination: string): Tarball[] {
  mkdirSync(destination, { recursive: true });
  const [command, ...args] = pnpmCommand();
  const output = execFileSync(
    command,
    [...args, '--recursive', '--filter', './packages/*', 'pack', '--pack-destination', destination, '--json'],
    { cwd: workspace, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  // What `pnpm pack --json` documents.
  const packed = JSON.parse(output) as {
    readonly name: string;
    readonly version: string;
    readonly filename: string;
    readonly files: readonly { readonly path: string }[];
  }[];
  return packed.map(({ name, version, filename, files }) => ({
    name,
    version,
    path: filename,
    files: files.map(({ path }) => path),
  }));
}
