import { randomUUID } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { CliError, EXIT, fileProblem } from '../cli-error.ts';

/** A file to be written. */
export interface OutputFile {
  readonly path: string;
  readonly content: string;
  /** Only the user may read it. */
  readonly isSecret: boolean;
}

/**
 * Writes files, none of them over another one unless told so.
 *
 * @throws CliError if one exists and `force` is false; nothing is written then. Exit code 23 if one can't be written.
 */
export function writeFiles(files: readonly OutputFile[], force: boolean): void {
  if (!force) for (const { path } of files) if (existsSync(path)) throw alreadyThere(path);
  for (const file of files) {
    try {
      mkdirSync(dirname(file.path), { recursive: true, mode: 0o700 });
      if (!writeFile(file, force)) throw alreadyThere(file.path);
    } catch (error) {
      if (error instanceof CliError) throw error;
      throw new CliError(`can't write ${file.path}: ${fileProblem(error)}`, EXIT.writeFailed, { cause: error });
    }
  }
}

/** In one step, so that nobody sees a half of it, and a key is never seen by others. @returns False if it was there. */
function writeFile({ path, content, isSecret }: OutputFile, force: boolean): boolean {
  const draft = `${path}.${randomUUID()}`;
  writeFileSync(draft, content, { mode: isSecret ? 0o600 : 0o644, flag: 'wx' });
  if (force) {
    renameSync(draft, path);
    return true;
  }
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    unlinkSync(draft);
  }
}

function alreadyThere(path: string): CliError {
  return new CliError(`${path} exists; --force writes over it`, EXIT.failed);
}
