import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '@lamella/service-core';
import { AcmeError } from '../errors.ts';
import type { AcmeStorage } from './acme-storage.ts';

/**
 * Keeps the account and certificates in files of a folder, which is made when it is needed.
 *
 * @remarks
 * Only the user may read them. A file is replaced in one step, and is on the disk then: a crash leaves the old one or the new one. Of two
 * processes on one folder the last one wins; let one of them ask for certificates.
 *
 * @throws UsageError if the path is empty. The methods reject with {@link AcmeError} `LML_ERR_ACME_STORAGE` if the file system refuses.
 *
 * @example
 * const storage = fileAcmeStorage('/var/lib/example/acme');
 */
export function fileAcmeStorage(folder: string): AcmeStorage {
  if (folder === '') throw new UsageError('the folder has no path');
  const pathOf = (name: string): string => join(folder, `${checkedName(name)}.json`);
  return {
    async load(name) {
      try {
        return await readFile(pathOf(name), 'utf8');
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
        throw storageError(`can't read ${name}`, error);
      }
    },
    async store(name, text) {
      const path = pathOf(name);
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await replaceFile(path, text);
      } catch (error) {
        throw storageError(`can't keep ${name}`, error);
      }
    },
  };
}

async function replaceFile(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await unlink(draft).catch(() => {}); // the first failure is the one to tell
    throw error;
  }
}

/** A name becomes a part of a path. */
function checkedName(name: string): string {
  if (/^[a-z0-9][a-z0-9.-]{0,99}$/.test(name)) return name;
  throw new UsageError(`${JSON.stringify(name)} is no name of something that is kept`);
}

function storageError(what: string, cause: unknown): unknown {
  if (cause instanceof UsageError) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new AcmeError('LML_ERR_ACME_STORAGE', `${what}: ${why}`, { cause });
}
