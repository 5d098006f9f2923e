import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { CliError, EXIT } from '../../cli-error.ts';
import type { DescriptorSet } from './schema-files.ts';

/**
 * Compiles `.proto` files by `protoc`, or by `buf` where there is no such program.
 *
 * @param importPaths - Folders in which files and what they import are looked for; none: the folders of the files.
 * @throws CliError with what the compiler says, or if there is none.
 */
export function compileProtos(files: readonly string[], importPaths: readonly string[]): DescriptorSet {
  const folders = importPaths.length > 0 ? importPaths : [...new Set(files.map((file) => dirname(file)))];
  const output = mkdtempSync(join(tmpdir(), 'lamella-protos-'));
  try {
    const path = join(output, 'descriptors.binpb');
    if (
      !compile('protoc', protocArguments(files, folders, path)) &&
      !compile('buf', bufArguments(files, folders, path))
    ) {
      throw new CliError('--proto needs protoc or buf in the PATH; --descriptor-set needs neither', EXIT.usage);
    }
    return { name: files.join(', '), bytes: readFileSync(path) };
  } finally {
    rmSync(output, { recursive: true });
  }
}

function protocArguments(files: readonly string[], folders: readonly string[], output: string): readonly string[] {
  return ['--include_imports', `--descriptor_set_out=${output}`, ...folders.map((folder) => `-I${folder}`), ...files];
}

/** A module of `buf` is one folder. */
function bufArguments(files: readonly string[], folders: readonly string[], output: string): readonly string[] {
  const [root = '.', ...others] = folders;
  if (others.length > 0) throw new CliError('buf takes one --import-path only; install protoc for more', EXIT.usage);
  const inside = files.map((file) => {
    const fromRoot = relative(resolve(root), resolve(file));
    return fromRoot.startsWith('..') ? file : join(root, fromRoot);
  });
  return ['build', root, '--as-file-descriptor-set', '-o', output, ...inside.flatMap((file) => ['--path', file])];
}

/** @returns False if there is no such program. */
function compile(command: string, args: readonly string[]): boolean {
  const { error, status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (error !== undefined) {
    if ('code' in error && error.code === 'ENOENT') return false;
    throw new CliError(`${command}: ${error.message}`, EXIT.failed, { cause: error });
  }
  if (status !== 0) {
    process.stderr.write(stderr);
    throw new CliError(`${command} could not compile the files of --proto`, EXIT.usage);
  }
  return true;
}
