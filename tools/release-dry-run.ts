/** Releases a copy: applies the changesets, packs, and looks whether versions, ranges and change logs agree; needs a build. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { packAll } from './pack.ts';
import type { Manifest } from './workspace.ts';
import { publishedPackages, readManifest, root, toolPath } from './workspace.ts';

const copy = mkdtempSync(join(tmpdir(), 'lamella-release-'));
try {
  copyWorkspace(copy);
  const planned = plannedVersions(copy);
  changeset('version');
  const problems = [...versionProblems(copy, planned), ...tarballProblems(copy, planned)];
  for (const problem of problems) console.error(problem);
  for (const [name, version] of planned) console.log(`${name} ${version}`);
  if (planned.size === 0) console.log('no changesets: nothing to release');
  process.exitCode = problems.length > 0 ? 1 : 0;
} finally {
  rmSync(copy, { recursive: true, force: true });
}

/** Copies what git knows and what was built; the tools are linked. */
function copyWorkspace(target: string): void {
  const listed = git(root, 'ls-files', '-z', '--cached', '--others', '--exclude-standard').split('\0');
  for (const path of listed) {
    // A file that was deleted and not yet committed is listed, and gone.
    if (path !== '' && existsSync(join(root, path))) cpSync(join(root, path), join(target, path));
  }
  symlinkSync(join(root, 'node_modules'), join(target, 'node_modules'));
  for (const { path, directory, manifest } of publishedPackages()) {
    const built = join(directory, 'dist');
    if (!existsSync(built)) throw new Error(`${path} is not built`);
    cpSync(built, join(target, path, 'dist'), { recursive: true });
    linkDependencies(join(target, path), manifest, target);
  }
  // Change logs name the commits of their changesets.
  git(target, 'init', '--quiet', '--initial-branch=main');
  git(target, 'add', '.changeset');
  git(target, '-c', 'user.name=dry run', '-c', 'user.email=dry-run@invalid', 'commit', '--quiet', '-m', 'dry run');
}

/** pnpm reads from here what `workspace:^` stands for. */
function linkDependencies(
  directory: string,
  { dependencies = {}, devDependencies = {} }: Manifest,
  target: string,
): void {
  for (const { path, manifest } of publishedPackages()) {
    if (dependencies[manifest.name] === undefined && devDependencies[manifest.name] === undefined) continue;
    const link = join(directory, 'node_modules', manifest.name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(target, path), link);
  }
}

function plannedVersions(workspace: string): Map<string, string> {
  const output = join(workspace, 'temp-release-plan.json');
  changeset('status', '--output', 'temp-release-plan.json');
  // What `changeset status --output` documents.
  const plan = JSON.parse(readFileSync(output, 'utf8')) as {
    readonly releases: readonly { readonly name: string; readonly type: string; readonly newVersion: string }[];
  };
  return new Map(plan.releases.filter(({ type }) => type !== 'none').map(({ name, newVersion }) => [name, newVersion]));
}

function versionProblems(workspace: string, planned: ReadonlyMap<string, string>): string[] {
  const problems: string[] = [];
  for (const { path, manifest } of publishedPackages()) {
    const version = planned.get(manifest.name);
    const released = readManifest(join(workspace, path)).version;
    if (released !== (version ?? manifest.version))
      problems.push(`${manifest.name} became ${released}, not ${version}`);
    if (version === undefined) continue;
    const changelog = join(workspace, path, 'CHANGELOG.md');
    if (!existsSync(changelog) || !readFileSync(changelog, 'utf8').includes(`\n## ${version}\n`)) {
      problems.push(`${path}/CHANGELOG.md says nothing about ${version}`);
    }
  }
  return problems;
}

/** What would be published: the new versions, with ranges on each other that hold. */
function tarballProblems(workspace: string, planned: ReadonlyMap<string, string>): string[] {
  const problems: string[] = [];
  const tarballs = packAll(workspace, join(workspace, 'temp/tarballs'));
  const versions = new Map(tarballs.map(({ name, version }) => [name, version]));
  for (const { name, version, path, files } of tarballs) {
    if (planned.has(name) && version !== planned.get(name)) problems.push(`${name} was packed as ${version}`);
    if (planned.has(name) && !files.includes('CHANGELOG.md'))
      problems.push(`the tarball of ${name} lacks its CHANGELOG.md`);
    const text = execFileSync('tar', ['-xzOf', path, 'package/package.json'], { encoding: 'utf8' });
    const { dependencies = {} } = JSON.parse(text) as Manifest; // packed from one of ours
    for (const [dependency, range] of Object.entries(dependencies)) {
      const own = versions.get(dependency);
      if (own !== undefined && range !== `^${own}`)
        problems.push(`${name} asks for ${dependency} ${range}, not ^${own}`);
    }
  }
  return problems;
}

function changeset(...args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(toolPath('changeset'), args, { cwd: copy, encoding: 'utf8' });
  if (status !== 0) throw new Error(`changeset ${args.join(' ')} failed:\n${stdout}${stderr}`);
}

function git(cwd: string, ...args: readonly string[]): string {
  return execFileSync('git', args, { cwd, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
}
