/** What users will install: packs every package and looks at the tarball with other eyes; needs a build. */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Tarball } from './pack.ts';
import { packAll } from './pack.ts';
import { moduleEntries, publishedPackages, root, toolPath } from './workspace.ts';

const REQUIRED = ['package.json', 'README.md', 'LICENSE-MIT', 'LICENSE-APACHE'];

/** Tests, benches and what tools leave behind. */
const STRANGER = /\.(test|test-d|bench)\.|^(test|bench|api|node_modules|\.turbo)\/|^tsconfig|tsup\.config/;

const destination = join(root, 'temp/tarballs');
rmSync(destination, { recursive: true, force: true });
const tarballs = new Map(packAll(root, destination).map((tarball) => [tarball.name, tarball]));

let failed = 0;
for (const pack of publishedPackages()) {
  const tarball = tarballs.get(pack.manifest.name);
  if (tarball === undefined) fail(pack.manifest.name, 'was not packed');
  else {
    const entries = moduleEntries(pack);
    const promised = [
      ...entries.flatMap(({ source, types }) => [source, types]),
      ...Object.values(pack.manifest.bin ?? {}),
    ];
    lookInside(tarball, promised);
    ask(tarball, 'publint', 'run', tarball.path, '--strict');
    // A package of commands alone has no types to get wrong.
    if (entries.length > 0) ask(tarball, 'attw', tarball.path, '--profile', 'esm-only', '--no-color', '--no-emoji');
  }
}
console.log(`${tarballs.size} tarballs, ${failed} problems`);
process.exitCode = failed > 0 ? 1 : 0;

function lookInside({ name, files }: Tarball, promised: readonly string[]): void {
  const held = new Set(files);
  for (const path of [...REQUIRED, ...promised.map((path) => path.replace(/^\.\//, ''))]) {
    if (!held.has(path)) fail(name, `lacks ${path}`);
  }
  for (const path of files) if (STRANGER.test(path)) fail(name, `holds ${path}, which is not for users`);
}

function ask({ name }: Tarball, tool: string, ...args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(toolPath(tool), args, { encoding: 'utf8' });
  if (status !== 0) fail(name, `${tool} says\n${stdout}${stderr}`);
}

function fail(name: string, problem: string): void {
  failed += 1;
  console.error(`${name} ${problem}`);
}
