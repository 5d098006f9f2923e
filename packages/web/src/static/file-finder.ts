import type { BigIntStats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { pathSegments } from '../shared/canonical-path.ts';
import type { FullStaticOptions } from './static-options.ts';

/** A file that may be served. */
export interface FoundFile {
  readonly type: 'file';
  /** Where it is, links followed. */
  readonly path: string;
  /** Its path below the root, for types and rules. */
  readonly name: string;
  readonly stats: BigIntStats;
}

/** What a request path stands for. */
export type Found =
  | FoundFile
  | { readonly type: 'folder'; readonly path: string; readonly segments: readonly string[] }
  | { readonly type: 'redirect' }
  | { readonly type: 'none' };

/**
 * Finds what a path of a request stands for, below a root and nowhere else.
 *
 * @remarks
 * The path is taken apart and decoded once, segment by segment; a segment that is empty, goes up, holds a slash of either kind or a NUL, or is
 * a hidden one, names nothing. Then the real path decides: a link can't lead out, nor to what is hidden, whatever it is called.
 */
export class FileFinder {
  readonly #options: FullStaticOptions;
  #root: Promise<string> | undefined;

  constructor(options: FullStaticOptions) {
    this.#options = options;
  }

  async find(requestPath: string): Promise<Found> {
    const { prefix, index, listing } = this.#options;
    if (prefix !== '' && requestPath !== prefix && !requestPath.startsWith(`${prefix}/`)) return NONE;
    const path = requestPath.slice(prefix.length);
    if (path === '') return { type: 'redirect' };
    const segments = pathSegments(path);
    if (segments === undefined) return NONE;
    const isFolder = segments.at(-1) === '';
    const names = isFolder ? segments.slice(0, -1) : segments;
    if (!names.every((name) => this.#isServed(name))) return NONE;
    if (!isFolder) {
      const found = await this.#look(names);
      return found?.type === 'folder' ? { type: 'redirect' } : (found ?? NONE);
    }
    for (const name of index) {
      const found = await this.#look([...names, name]);
      if (found?.type === 'file') return found;
    }
    if (!listing) return NONE;
    const folder = await this.#look(names);
    return folder?.type === 'folder' ? folder : NONE;
  }

  /** The same file with a suffix, if it is there. */
  async beside({ name }: FoundFile, suffix: string): Promise<FoundFile | undefined> {
    const found = await this.#look(`${name}${suffix}`.split('/'));
    return found?.type === 'file' ? found : undefined;
  }

  /** Whether a name of the file system may be told and served. */
  #isServed(name: string): boolean {
    if (name === '' || /[/\\\0]/.test(name)) return false;
    return this.#options.dotfiles === 'served' || !isDotName(name);
  }

  async #look(names: readonly string[]): Promise<FoundFile | Extract<Found, { type: 'folder' }> | undefined> {
    try {
      this.#root ??= realpath(this.#options.root);
      const root = await this.#root;
      const wanted = join(root, ...names);
      const path = await realpath(wanted);
      if (!this.#mayLead(root, wanted, path)) return undefined;
      const stats = await stat(path, { bigint: true });
      if (stats.isDirectory()) return { type: 'folder', path, segments: names };
      // Devices, pipes and sockets are never opened: reading them may wait for ever, or do something.
      return stats.isFile() ? { type: 'file', path, name: names.join('/'), stats } : undefined;
    } catch (error) {
      if (isAbsence(error)) {
        if (names.length === 0) this.#root = undefined;
        return undefined;
      }
      this.#root = undefined;
      throw error;
    }
  }

  #mayLead(root: string, wanted: string, path: string): boolean {
    const { symlinks } = this.#options;
    if (symlinks === 'followed') return true;
    if (symlinks === 'refused') return path === wanted;
    if (path === root) return true;
    const below = root.endsWith(sep) ? root : `${root}${sep}`;
    if (!path.startsWith(below)) return false;
    // The names that were asked for are not hidden; those that a link stands for may be.
    const isHidden = path !== wanted && path.slice(below.length).split(sep).some(isDotName);
    return this.#options.dotfiles === 'served' || !isHidden;
  }
}

function isDotName(name: string): boolean {
  return name.startsWith('.');
}

/** What a stranger sees as not being there. */
export function isAbsence(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown }; // what the file system throws has a code
  return typeof code === 'string' && ABSENT.has(code);
}

const ABSENT: ReadonlySet<string> = new Set([
  'ENOENT',
  'ENOTDIR',
  'ENAMETOOLONG',
  'ELOOP',
  'EACCES',
  'EPERM',
  'EINVAL',
]);
const NONE: Found = { type: 'none' };
